import { execute } from '../api/execute.ts';
import type { Operation } from '../generated.ts';
import {
  type FailureData,
  type Refused,
  refusalOf,
  refusalOfData,
  refusalOfNoAnswer,
} from '../words/refusals.ts';

/** What became of a command. */
export type Outcome =
  | { readonly kind: 'done'; readonly said: string }
  | { readonly kind: 'refused'; readonly refused: Refused }
  /** The password is needed again, then the command can be repeated. */
  | { readonly kind: 'reauthentication required' };

type Results = Readonly<Record<string, { readonly __typename: string }>>;

/** Runs a mutation of one field. `said` tells the user what was done. */
export async function perform<Data extends Results, Variables>(
  operation: Operation<Data, Variables>,
  variables: Variables,
  said: string | ((data: Data) => string),
): Promise<Outcome> {
  try {
    const { data, errors } = await execute(operation, variables);
    const result = data === null ? undefined : Object.values(data)[0];
    if (data === null || result === undefined) return { kind: 'refused', refused: refusalOf(errors) };
    if (result.__typename === 'ReauthenticationRequiredError') return { kind: 'reauthentication required' };
    if (isFailure(result)) return { kind: 'refused', refused: refusalOfData(result) };
    return { kind: 'done', said: typeof said === 'string' ? said : said(data) };
  } catch (error) {
    return { kind: 'refused', refused: refusalOfNoAnswer(error) };
  }
}

/** The names of failures, and of no other types, end in `Error`. */
function isFailure<T extends { readonly __typename: string }>(result: T): result is T & FailureData {
  return result.__typename.endsWith('Error');
}
