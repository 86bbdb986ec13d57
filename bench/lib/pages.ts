import { graphql } from './client.ts';
import { timed } from './load.ts';

export interface Reading {
  /** Takes `$filter`, `$first` and `$after`; its only field is a connection. */
  readonly query: string;
  readonly filter: object;
  readonly token: string;
  readonly pageSize: number;
  /** The most that are read of the list, from its start, in each round. */
  readonly pages: number;
  readonly rounds: number;
}

type Answer = Readonly<
  Record<
    string,
    {
      readonly nodes: readonly object[];
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
    }
  >
>;

/** Pages through a list. `times`: of each page; `found`: so many entries in a round. */
export async function timePages(url: string, reading: Reading) {
  const { query, filter, token, pageSize, pages, rounds } = reading;
  const times: number[] = [];
  let found = 0;
  for (let round = 0; round < rounds; round += 1) {
    found = 0;
    for (let page = 0, after: string | null = null; page < pages; page += 1) {
      let answer: Answer = {};
      const variables = { filter, first: pageSize, after };
      times.push(
        await timed(async () => {
          answer = await graphql<Answer>(url, query, { variables, token });
        }),
      );
      const [list] = Object.values(answer);
      found += list?.nodes.length ?? 0;
      if (!list?.pageInfo.hasNextPage) break;
      after = list.pageInfo.endCursor;
    }
  }
  return { times, found };
}
