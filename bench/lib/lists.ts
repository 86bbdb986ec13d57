import { signInAdministrator } from './administrator.ts';
import type { Row } from './case.ts';
import { Child } from './child.ts';
import { percentile } from './load.ts';
import { type Reading, timePages } from './pages.ts';
import { production } from './production.ts';

interface List extends Omit<Reading, 'filter' | 'token'> {
  readonly databaseUrl: string;
  readonly filters: Readonly<Record<string, object>>;
  /** What is listed under the filter of a name. */
  what(name: string): string;
  /** Of the 95th percentile of the time of a page, in milliseconds. */
  readonly atMost: number;
  /** What else is measured under a filter, as a raw figure. */
  readonly besides?: (url: string, reading: Pick<Reading, 'filter' | 'token'>) => Promise<string>;
}

/** Times the pages of a list that an administrator reads from a server of its own, under every filter. */
export async function timeLists(list: List): Promise<Row[]> {
  const { databaseUrl, filters, what, atMost, besides, ...reading } = list;
  const program = new URL('latchkey.ts', import.meta.url);
  const server = await Child.start(program, production(databaseUrl));
  try {
    const token = await signInAdministrator(server.url, databaseUrl);
    const rows: Row[] = [];
    for (const [name, filter] of Object.entries(filters)) {
      const { times, found } = await timePages(server.url, { ...reading, filter, token });
      const p50 = percentile(times, 50).toFixed(1);
      const more = besides === undefined ? '' : `; ${await besides(server.url, { filter, token })}`;
      rows.push({
        what: `${what(name)}, p95 of a page`,
        value: percentile(times, 95),
        unit: 'ms',
        atMost,
        raw: `${times.length} pages of up to ${reading.pageSize}, ${found} entries a round, p50 ${p50} ms${more}`,
      });
    }
    return rows;
  } finally {
    await server.stop();
  }
}
