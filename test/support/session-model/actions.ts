import { expect } from '@jest/globals';
import { anonymous, type Principal, sessionIdOf, systemOrigin } from '../../../src/core/principal.ts';
import type { RefreshOutcome } from '../../../src/modules/sessions/refresh-outcome.ts';
import { eventually } from '../eventually.ts';
import type { Services } from '../services.ts';
import { runSql } from '../sql.ts';
import type { Fate, SessionHistory } from './history.ts';

/** What has happened so far to one user's sessions. */
export interface World {
  /** Refresh tokens presented so far. */
  presented: number;
  /** In seconds. */
  now: number;
  readonly sessions: SessionHistory[];
}

/** The system, and a user in it. */
export interface System {
  readonly services: Services;
  readonly databaseUrl: string;
  readonly userId: string;
  readonly email: string;
}

export const callerOf = <P extends Principal>(principal: P) => ({ principal, origin: systemOrigin });
export const nobody = callerOf(anonymous);

/** Presents a refresh token so many times at once, by requests that have waited for so many seconds; every answer must be the one that its history tells. */
export async function present(
  world: World,
  { services }: System,
  session: SessionHistory,
  index: number,
  times: number,
  userAgent: string,
  waited = 0,
): Promise<Fate> {
  const { now } = world;
  const presented = session.generation(index);
  const fate = session.fateOf(index, now, waited, userAgent, services.limits);
  const request = { maxWaitMs: () => waited * 1000, isAbandoned: () => false };
  const caller = { ...nobody, origin: { ...systemOrigin, userAgent }, request };
  const outcomes = await Promise.all(
    Array.from({ length: times }, () => {
      world.presented += 1;
      // In turn, so that what each remembers of the session is also outdated.
      const refreshes = world.presented % 2 === 0 ? services.refreshes : services.refreshesElsewhere;
      return refreshes.refresh(caller, presented.refreshToken);
    }),
  );
  switch (fate) {
    case 'advances': {
      const [first] = outcomes;
      if (first?.kind !== 'refreshed') throw new Error(`tokens were due, and this came: ${first?.kind}`);
      expect(session.has(first.tokens.refreshToken)).toBe(false);
      session.advance(now, userAgent, first.tokens);
      expectNewest(outcomes, session);
      break;
    }
    case 'repeats late':
      session.lateRepeats.add(index);
      expectNewest(outcomes, session);
      break;
    case 'repeats':
      expectNewest(outcomes, session);
      break;
    case 'is refused':
      expect(outcomes).toEqual(outcomes.map(() => ({ kind: 'invalid_token', superseded: true })));
      break;
    default:
      expect(outcomes).toMatchObject(outcomes.map(() => ({ kind: 'session_ended', reason: fate })));
      session.endReason = fate;
  }
  return fate;
}

/** Makes a request with an access token: whom it speaks for, or null. A first one is a sign of life. */
export async function use({ services, databaseUrl }: System, session: SessionHistory, index: number) {
  const generation = session.generation(index);
  const { principal } = await services.authenticateToken(generation.accessToken, systemOrigin);
  expect(principal && sessionIdOf(principal)).toBe(session.endReason === null ? session.id : null);
  if (principal !== null && index === session.newest && !generation.seen) {
    generation.seen = true;
    await eventually(async () => (await runSql(databaseUrl, CONFIRMED, [session.id, index])).length === 1);
  }
  return principal;
}

const CONFIRMED = 'SELECT FROM sessions WHERE id = $1 AND confirmed_generation = $2';

/** There is one lineage: whoever gets tokens gets those of its newest generation. */
function expectNewest(outcomes: readonly RefreshOutcome[], session: SessionHistory): void {
  const { refreshToken } = session.generation(session.newest);
  expect(outcomes).toMatchObject(outcomes.map(() => ({ kind: 'refreshed', tokens: { refreshToken } })));
}
