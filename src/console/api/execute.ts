import type { Operation } from '../generated.ts';
import { OwnSession } from './own-session.ts';
import { type Answer, type GraphQLFailure, post } from './post.ts';

/** The one session of this page. */
export const ownSession = new OwnSession();

/** Sends one operation as the person who is signed in. A token that is refused is refreshed once, and the operation repeated. */
export async function execute<Data, Variables>(
  operation: Operation<Data, Variables>,
  variables: Variables,
  signal?: AbortSignal,
): Promise<Answer<Data>> {
  const send = async () =>
    post(operation, variables, { token: (await ownSession.token()) ?? undefined, signal });
  const answer = await send();
  if (!answer.errors.some(isUnauthenticated)) return answer;
  return (await ownSession.refresh()) ? send() : answer;
}

function isUnauthenticated({ extensions }: GraphQLFailure): boolean {
  return extensions?.code === 'UNAUTHENTICATED';
}
