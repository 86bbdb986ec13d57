import { describe, expect, test } from '@jest/globals';
import { newId, type SessionId, type UserId } from '../../src/core/ids.ts';
import type { Caller, SessionPrincipal } from '../../src/core/principal.ts';
import { Revocations } from '../../src/modules/revocations/index.ts';
import type { Session } from '../../src/modules/sessions/session.ts';
import { SessionStreams } from '../../src/modules/sessions/session-streams.ts';
import { silentLogger } from '../support/logger.ts';

const HOUR_MS = 3_600_000;
const limits = {
  idleTimeoutSeconds: 3_600,
  lifetimeSeconds: 86_400,
  maxPerUser: 10,
  refreshGraceSeconds: 10,
};

interface Given {
  /** Whether the stored session is live when it is read. */
  readonly isLive?: boolean;
  /** Happens while the stream subscribes to its channel. */
  readonly meanwhile?: (revocations: Revocations, id: SessionId) => void;
  /** The last change of the user's roles, and the one that the credential respects. */
  readonly changedAt?: Date;
  readonly notBefore?: Date | null;
}

/** The kinds of change that a stream of one's own sessions reports at once; null at the end if it goes on. */
async function open({
  isLive = true,
  meanwhile = () => undefined,
  changedAt,
  notBefore = null,
}: Given): Promise<(string | null)[]> {
  const [userId, sessionId] = [newId<UserId>(), newId<SessionId>()];
  const revocations = new Revocations({ keepForSeconds: 300 });
  if (changedAt !== undefined) revocations.add({ kind: 'user', id: userId, notBefore: changedAt });
  const now = new Date();
  const later = new Date(now.getTime() + HOUR_MS);
  const session = {
    lastActiveAt: now,
    expiresAt: later,
    readAt: now,
    endedAt: isLive ? null : now,
    endReason: isLive ? null : 'LOGOUT',
  } as unknown as Session;
  const streams = new SessionStreams({
    bus: {
      publish: async () => [],
      newPosition: async () => 1,
      subscribe: async () => {
        meanwhile(revocations, sessionId);
        return () => undefined;
      },
      deliveredUpTo: null,
      onGap: () => undefined,
      onResumed: () => undefined,
    },
    replay: {
      positionOf: async () => null,
      publicationsRecorded: async () => undefined,
      list: async () => [],
      lastOf: async () => [],
    },
    store: { find: async () => session },
    revocations,
    feed: { catchUp: async () => undefined, onLost: () => undefined },
    limits,
    clock: { now: () => now },
    logger: silentLogger,
  });
  const scopes = new Set(['sessions:read']);
  const principal = {
    kind: 'session',
    userId,
    sessionId,
    scopes,
    expiresAt: later,
    notBefore,
  } as SessionPrincipal;
  const changes = await streams.own({ principal } as unknown as Caller, null);
  const goesOn = new Promise<null>((resolve) => setImmediate(resolve, null));
  const told: (string | null)[] = [];
  for (;;) {
    const next = await Promise.race([changes.next(), goesOn]);
    if (next === null) told.push(null);
    if (next === null || next.done === true) break;
    told.push(next.value.kind);
  }
  await changes.return?.();
  return told;
}

describe('a stream that is opened', () => {
  test('goes on while its session is live', async () => {
    expect(await open({})).toEqual([null]);
  });

  test('reports an end that was heard while it subscribed', async () => {
    const meanwhile: Given['meanwhile'] = (revocations, id) =>
      revocations.add({ kind: 'session', id, notBefore: null });
    expect(await open({ meanwhile })).toEqual(['ENDED']);
  });

  test('ends if the roles have changed since its credential was verified, and not if the credential respects the change', async () => {
    const [before, changedAt] = [new Date(Date.now() - 1_000), new Date()];
    expect(await open({ changedAt })).toEqual(['CREDENTIAL_EXPIRED']);
    expect(await open({ changedAt, notBefore: before })).toEqual(['CREDENTIAL_EXPIRED']);
    expect(await open({ changedAt, notBefore: changedAt })).toEqual([null]);
  });

  test('reports an end that was not heard, but is stored', async () => {
    expect(await open({ isLive: false })).toEqual(['ENDED']);
  });
});
