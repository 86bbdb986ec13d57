import type { FastifyRequest } from 'fastify';
import { acceptedSeconds } from '../../modules/access-tokens/index.ts';
import type { RevocationNews } from '../../modules/revocations/index.ts';
import { OAuthError } from './oauth-error.ts';

/** The `id` of the last event that a client has read (HTML Standard §9.2.4); null without. @throws {OAuthError} */
export function lastEventId({ headers }: FastifyRequest): number | null {
  const id = headers['last-event-id'];
  if (id === undefined || id === '') return null;
  if (typeof id !== 'string' || !/^\d{1,15}$/.test(id))
    throw new OAuthError('invalid_request', 'Last-Event-ID is not an id of this stream.');
  return Number(id);
}

/** The events: the ids of the keys that verify, and a revocation as on `auth:revocations`. */
export function newsWriter(ttlSeconds: number, keyIds: readonly string[], now: () => Date) {
  const heartbeat = JSON.stringify({ keys: keyIds });
  return ({ at, ...each }: RevocationNews): string => {
    if (each.kind === 'heartbeat') return `id: ${at}\nevent: heartbeat\ndata: ${heartbeat}\n\n`;
    const { kind, id, notBefore } = each.revocation;
    // No token that it revokes lives longer, whenever it was made.
    const until = new Date(now().getTime() + acceptedSeconds(ttlSeconds) * 1_000).toISOString();
    const data = { kind, id, notBefore: notBefore?.toISOString() ?? null, until };
    return `id: ${at}\nevent: revocation\ndata: ${JSON.stringify(data)}\n\n`;
  };
}
