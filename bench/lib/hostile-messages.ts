import { bodyOf, hostileBodies } from '../../test/support/hostile/bodies.ts';
import { hostileDocuments } from '../../test/support/hostile/documents.ts';
import { hostileHeads } from '../../test/support/hostile/headers.ts';
import { HUGE } from '../../test/support/hostile/values.ts';
import { postMessage } from '../../test/support/hostile/wire.ts';
import { hostileOperations, places } from '../../test/support/hostile-inputs.ts';
import type { SignedIn } from './client.ts';

/** A hostile request, made when it is needed: all together they are hundreds of megabytes. */
export interface HostileMessage {
  readonly name: string;
  message(): Buffer;
}

/** The table of test/security/hostile-inputs.test.ts, as what is written to a connection. */
export function hostileMessages({
  accessToken,
  user,
}: Pick<SignedIn, 'accessToken' | 'user'>): HostileMessage[] {
  const headers = { authorization: `Bearer ${accessToken}` };
  const operations = places.flatMap((place) => hostileOperations(place, HUGE));
  return [
    ...hostileDocuments({ bytes: HUGE, userId: user.id }).map((document) => ({
      name: document.name,
      message: () => postMessage(bodyOf(document), headers),
    })),
    ...operations.map(({ name, operation }) => ({
      name,
      message: () => postMessage(bodyOf(operation()), headers),
    })),
    ...hostileBodies().map(({ name, body }) => ({ name, message: () => postMessage(body, headers) })),
    ...hostileHeads(headers).map(({ name, message }) => ({ name, message: () => message })),
  ];
}
