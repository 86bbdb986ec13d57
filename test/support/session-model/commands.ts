import { expect } from '@jest/globals';
import fc from 'fast-check';
import { REAUTHENTICATION_WINDOW_SECONDS } from '../../../src/modules/sessions/index.ts';
import { PASSWORD } from '../client.ts';
import { runSql } from '../sql.ts';
import { rewindSessionsWhere } from '../time-travel.ts';
import { callerOf, nobody, present, type System, use, type World } from './actions.ts';
import { LATE_REPEATS, SessionHistory } from './history.ts';

export type SessionCommand = fc.AsyncCommand<World, System>;

/**
 * The clock moves in steps, and every limit lies seconds after a multiple of one: what a run takes in real time, which
 * passes too, decides nothing.
 */
export const STEP_SECONDS = 35;

/** In steps: the grace is 60 s, and 29 minutes are idle. Two such absences are nearly the lifetime of an hour. */
const OVER_THE_GRACE = 2;
const JUST_NOT_IDLE = 49;

/** What owners of sessions, and those who hold copies of their tokens, may do: mostly what a session survives. */
export function sessionCommands(): fc.Arbitrary<SessionCommand> {
  const which = fc.nat({ max: 3 });
  const age = fc.nat({ max: 3 });
  const waits = fc.integer({ min: 0, max: 5 });
  const tabs = fc.integer({ min: 1, max: 3 });
  const steps = fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 2 }) },
    { weight: 1, arbitrary: fc.integer({ min: 3, max: 60 }) },
  );
  const absences = fc.constantFrom(OVER_THE_GRACE, JUST_NOT_IDLE);
  return fc.oneof(
    { weight: 12, arbitrary: fc.tuple(which, tabs, fc.boolean()).map((values) => refreshing(...values)) },
    { weight: 6, arbitrary: fc.tuple(which, age, fc.boolean()).map((values) => replaying(...values)) },
    { weight: 4, arbitrary: fc.tuple(which, age, waits).map((values) => straggling(...values)) },
    { weight: 1, arbitrary: fc.tuple(which, age).map((values) => abandoning(...values)) },
    { weight: 4, arbitrary: fc.tuple(which, age).map((values) => using(...values)) },
    { weight: 7, arbitrary: which.map(losing) },
    { weight: 4, arbitrary: fc.tuple(which, absences).map((values) => returning(...values)) },
    { weight: 6, arbitrary: steps.map(passing) },
    { weight: 2, arbitrary: fc.constant(loggingIn()) },
    { weight: 1, arbitrary: fc.tuple(which, age).map((values) => loggingOut(...values)) },
    { weight: 1, arbitrary: fc.tuple(which, which).map((values) => terminating(...values)) },
    { weight: 1, arbitrary: which.map(terminatingOthers) },
  );
}

/** Signing in once more: one session too many ends the oldest, of those that were never used if there are any. */
const loggingIn = (): SessionCommand => ({
  check: always,
  run: async (world, { services, email }) => {
    const { limits, passwords } = services;
    const live = world.sessions.filter((session) => session.over(world.now, limits) === null);
    const used = live.filter(({ newest }) => newest > 0);
    const first = live.filter((session) => !used.includes(session));
    for (const session of [...first, ...used].slice(0, Math.max(live.length + 1 - limits.maxPerUser, 0)))
      session.endReason = 'SESSION_LIMIT';
    const outcome = await passwords.login(nobody, { identifier: email, password: PASSWORD }, 'BODY');
    if (outcome.kind !== 'signed_in') throw new Error(outcome.kind);
    world.sessions.push(new SessionHistory(outcome.session.id, world.now, outcome.tokens));
  },
  toString: () => 'log in',
});

/** What becomes of a token whose session goes on. */
const ALIVE = /^(advances|repeats|repeats late|is refused)$/;

const OWNERS_AGENT = 'Owner/1.0';
const THIEFS_AGENT = 'Thief/1.0';

/** The owner's client refreshes with the newest token that has reached it, in several tabs at once. */
const refreshing = (which: number, tabs: number, lost: boolean): SessionCommand => ({
  check: always,
  run: async (world, system) => {
    const session = pick(world, which);
    const undisturbed =
      !session.stolen &&
      session.over(world.now, system.services.limits) === null &&
      session.lateRepeats.size < LATE_REPEATS;
    const fate = await present(world, system, session, session.held, tabs, OWNERS_AGENT);
    // The promise to honest clients: whatever was lost on the way, they stay signed in.
    if (undisturbed) expect(fate).toMatch(/^(advances|repeats|repeats late)$/);
    if (!lost && /^(advances|repeats)/.test(fate)) session.held = session.newest;
  },
  toString: () => `refresh ${which} in ${tabs} tabs${lost ? ', losing the reply' : ''}`,
});

/** A reply is lost, and the owner's client comes back with the old token when its grace is over. */
const losing = (which: number): SessionCommand =>
  inTurn(refreshing(which, 1, true), passing(OVER_THE_GRACE), refreshing(which, 1, false));

/** The owner comes back after so many steps and refreshes. */
const returning = (which: number, steps: number): SessionCommand =>
  inTurn(passing(steps), refreshing(which, 1, false));

const inTurn = (...parts: readonly SessionCommand[]): SessionCommand => ({
  check: always,
  run: async (world, system) => {
    for (const part of parts) await part.run(world, system);
  },
  toString: () => parts.join(', '),
});

/** Somebody else presents a refresh token of the session: the newest, or one so many generations old. */
const replaying = (which: number, age: number, disguised: boolean): SessionCommand => ({
  check: always,
  run: async (world, system) => {
    const session = pick(world, which);
    session.stolen = true;
    await present(world, system, session, session.before(age), 1, disguised ? OWNERS_AGENT : THIEFS_AGENT);
  },
  toString: () =>
    `replay the token ${age} before the newest of ${which}${disguised ? " as the owner's browser" : ''}`,
});

/**
 * A request of the owner with an old token, or the newest, is processed so many and a half steps after it arrived. The half keeps
 * it apart from every other time.
 */
const straggling = (which: number, age: number, steps: number): SessionCommand => ({
  check: always,
  run: async (world, system) => {
    const session = pick(world, which);
    const index = session.before(age);
    const waited = (steps + 0.5) * STEP_SECONDS;
    const { firstUsedAt } = session.generation(index);
    const wasGood = firstUsedAt === null || firstUsedAt > world.now - waited;
    const counts = waited > system.services.limits.refreshGraceSeconds;
    const lives = session.over(world.now, system.services.limits) === null;
    if (index > session.held) session.stolen = true;
    const fate = await present(world, system, session, index, 1, OWNERS_AGENT, waited);
    if (lives && wasGood && counts) expect(fate).toMatch(ALIVE);
  },
  toString: () =>
    `a request with the token ${age} before the newest of ${which} is late by ${steps} steps and a half`,
});

/** A client has gone before its request is processed: it is as if it had not come. */
const abandoning = (which: number, age: number): SessionCommand => ({
  check: always,
  run: async (world, { services }) => {
    const session = pick(world, which);
    const { refreshToken } = session.generation(session.before(age));
    const caller = { ...nobody, request: { maxWaitMs: () => 0, isAbandoned: () => true } };
    for (const refreshes of [services.refreshes, services.refreshesElsewhere])
      expect(await refreshes.refresh(caller, refreshToken)).toEqual({ kind: 'abandoned' });
  },
  toString: () => `leave before the token ${age} before the newest of ${which} is processed`,
});

/** A request with an access token of the session, by whoever holds it. */
const using = (which: number, age: number): SessionCommand => ({
  check: always,
  run: async (world, system) => {
    const session = pick(world, which);
    const generation = session.before(age);
    if (generation > session.held) session.stolen = true;
    await use(system, session, generation);
  },
  toString: () => `use the access token ${age} before the newest of ${which}`,
});

const passing = (steps: number): SessionCommand => ({
  check: always,
  run: async (world, { databaseUrl, userId }) => {
    world.now += steps * STEP_SECONDS;
    await runSql(databaseUrl, rewindSessionsWhere('user_id'), [userId, steps * STEP_SECONDS]);
  },
  toString: () => `${steps * STEP_SECONDS} s pass`,
});

/** Signing out by any refresh token of the session. */
const loggingOut = (which: number, age: number): SessionCommand => ({
  check: always,
  run: async (world, { services }) => {
    const session = pick(world, which);
    const { refreshToken } = session.generation(session.before(age));
    const ended = await services.sessions.logout(nobody, [refreshToken]);
    expect(ended.map(({ id }) => id)).toEqual(session.endReason === null ? [session.id] : []);
    session.endReason ??= 'LOGOUT';
  },
  toString: () => `log out by the token ${age} before the newest of ${which}`,
});

/** The owner ends a session from another, or itself. */
const terminating = (by: number, which: number): SessionCommand => ({
  check: always,
  run: async (world, system) => {
    const caller = pick(world, by);
    const principal = await use(system, caller, caller.held);
    if (principal === null) return;
    const target = pick(world, which);
    const outcome = system.services.sessions.terminate(callerOf(principal), target.id);
    if (caller.over(world.now, system.services.limits) !== null) {
      await expect(outcome).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
      return;
    }
    expect(await outcome).toMatchObject({
      kind: 'terminated',
      sessions: target.endReason === null ? [{}] : [],
    });
    target.endReason ??= 'TERMINATED_BY_USER';
  },
  toString: () => `end ${which} from ${by}`,
});

/** The owner ends all sessions but the calling one, which must not be an old one. */
const terminatingOthers = (by: number): SessionCommand => ({
  check: always,
  run: async (world, system) => {
    const caller = pick(world, by);
    const principal = await use(system, caller, caller.held);
    if (principal === null) return;
    const outcome = await system.services.sessions.terminateOthers(callerOf(principal));
    if (world.now - caller.openedAt > REAUTHENTICATION_WINDOW_SECONDS) {
      expect(outcome).toEqual({ kind: 'reauthentication_required' });
      return;
    }
    const others = world.sessions.filter(
      (session) => session !== caller && session.over(world.now, system.services.limits) === null,
    );
    expect(outcome).toMatchObject({ kind: 'terminated', sessions: { length: others.length } });
    for (const session of others) session.endReason = 'TERMINATED_BY_USER';
  },
  toString: () => `end all but ${by}`,
});

/** Whatever is done, the history tells what comes of it. */
const always = () => true;

/** The session of so many sign-ins ago, or the first. */
function pick({ sessions }: World, which: number): SessionHistory {
  const session = sessions.at(-1 - which) ?? sessions[0];
  if (session === undefined) throw new RangeError('there is no session to pick from');
  return session;
}
