import { Redis } from 'ioredis';
import type { Caller } from './access-token.ts';

/** What Latchkey says on `auth:revocations`. */
interface Revocation {
  readonly data: {
    /** Of a session, a user or a personal access token. */
    readonly id: string;
    /** Tokens that were issued before are good no more; null: none is. */
    readonly notBefore: string | null;
    /** When the last access token that this concerns has expired. */
    readonly until: string;
  };
}

/**
 * An option. A signature says nothing about what happened since: without this, a session that has ended is good here until
 * its access token expires, in at most JWT_ACCESS_EXPIRY. With it, until Redis has told, in some milliseconds; but not for
 * what Redis told before this process started or while it was out of reach, where the expiry still sets the limit.
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
  // Subscribed anew by itself after a lost connection.
  redis.subscribe('auth:revocations').catch(() => undefined);

  return ({ userId, sessionId, issuedAt }) =>
    [userId, sessionId].some((id) => issuedAt.getTime() < (revocations.get(id)?.notBefore ?? 0));
}
