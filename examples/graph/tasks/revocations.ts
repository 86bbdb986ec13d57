import { Redis } from 'ioredis';
import type { Caller } from './access-token.ts';

/** A message on `auth:revocations`. */
interface Revocation {
  readonly data: {
    /** The id of a session, a user, a personal access token or a service client. */
    readonly id: string;
    /** Tokens issued before this time are revoked; null: all are. */
    readonly notBefore: string | null;
    /** When the last revoked access token expires. */
    readonly until: string;
  };
}

/**
 * Tells whether an access token was revoked after it was issued. Optional: without it, the access token of an ended session
 * remains valid here until it expires, after at most JWT_ACCESS_EXPIRY; with it, for some milliseconds. Revocations that were
 * published before this process started, or while Redis was unreachable, are missed: there the expiry still sets the limit.
 */
export function listenForRevocations(redisUrl: string): (caller: Caller) => boolean {
  const revocations = new Map<string, { notBefore: number; until: number }>();
  const redis = new Redis(redisUrl);
  redis.on('error', (error) => console.error(`Redis: ${error.message}`));
  redis.on('message', (_channel, message) => {
    const { id, notBefore, until } = (JSON.parse(message) as Revocation).data;
    for (const [known, { until }] of revocations) if (until < Date.now()) revocations.delete(known);
    revocations.set(id, {
      notBefore: notBefore === null ? Number.POSITIVE_INFINITY : Date.parse(notBefore),
      until: Date.parse(until),
    });
  });
  // ioredis subscribes again after a lost connection.
  redis.subscribe('auth:revocations').catch(() => undefined);

  return ({ revocableIds, issuedAt }) =>
    revocableIds.some((id) => issuedAt.getTime() < (revocations.get(id)?.notBefore ?? 0));
}
