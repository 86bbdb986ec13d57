import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { RefreshLimits, RefreshState, ReuseCause } from '../../src/modules/sessions/refresh-decision.ts';
import { decideRefresh } from '../../src/modules/sessions/refresh-decision.ts';
import { SESSION_END_REASONS } from '../../src/modules/sessions/session-end-reason.ts';

/** Seconds after the session was made; every time below is one of these. */
const at = (seconds: number) => new Date(Date.UTC(2030, 0, 1) + seconds * 1000);

const HOUR = 3600;
const DAY = 24 * HOUR;
const limits: RefreshLimits = { graceSeconds: 10, idleTimeoutSeconds: DAY };
const strict: RefreshLimits = { ...limits, graceSeconds: 0 };

/** A session at generation 5: 3 was first used at 985 (making 4), 4 at 990 (making 5); 5 has been seen. */
const session: RefreshState = {
  generation: 5,
  rotatedAt: at(990),
  previousRotatedAt: at(985),
  confirmedGeneration: 5,
  rotatedUserAgent: 'Firefox/133.0',
  lateRepeatedAt: [],
  lastActiveAt: at(990),
  expiresAt: at(30 * DAY),
  endedAt: null,
  endReason: null,
  now: at(992),
};

/** A token whose request did not wait, unless `receivedAt` says otherwise. */
const genuine = (generation: number, receivedAt = at(100 * DAY)) => ({
  generation,
  genuine: true,
  userAgent: 'Firefox/133.0',
  receivedAt,
});

const unseen = { confirmedGeneration: 4 };

interface Case {
  readonly name: string;
  readonly presented: number;
  readonly userAgent?: string | null;
  readonly receivedAt?: Date;
  readonly state?: Partial<RefreshState>;
  readonly limits?: RefreshLimits;
  readonly decision: object;
}

const repeat = { kind: 'repeat', cause: 'in_grace' };
const late = { ...repeat, cause: 'late' };
const reuse = (cause: ReuseCause) => ({ kind: 'reuse', cause });

const cases: readonly Case[] = [
  { name: 'the current token advances', presented: 5, decision: { kind: 'advance' } },
  {
    name: 'the current token advances, though never seen before',
    presented: 5,
    state: unseen,
    decision: { kind: 'advance' },
  },
  {
    name: 'the current token advances in strict mode',
    presented: 5,
    limits: strict,
    decision: { kind: 'advance' },
  },
  {
    name: 'the first token of a session advances',
    presented: 0,
    state: { generation: 0, rotatedAt: null, previousRotatedAt: null, confirmedGeneration: 0 },
    decision: { kind: 'advance' },
  },

  { name: 'the previous token repeats within its grace', presented: 4, decision: repeat },
  {
    name: 'the previous token repeats at the end of its grace',
    presented: 4,
    state: { now: at(1000) },
    decision: repeat,
  },
  {
    name: 'the previous token is reuse just after its grace, once the successor was seen',
    presented: 4,
    state: { now: at(1000.001) },
    decision: reuse('successor_used'),
  },
  {
    name: 'the previous token repeats long after its grace if the successor was not seen (lost reply)',
    presented: 4,
    state: { ...unseen, now: at(20 * HOUR) },
    decision: late,
  },
  {
    name: 'a late repeat from another user agent is reuse: a lost reply is not another browser',
    presented: 4,
    userAgent: 'Chrome/131.0',
    state: { ...unseen, now: at(HOUR) },
    decision: reuse('other_user_agent'),
  },
  {
    name: 'a late repeat without a user agent is reuse where the first use had one',
    presented: 4,
    userAgent: null,
    state: { ...unseen, now: at(HOUR) },
    decision: reuse('other_user_agent'),
  },
  {
    name: 'a late repeat from a newer version of the same user agent repeats',
    presented: 4,
    userAgent: 'Firefox/134.0.2',
    state: { ...unseen, now: at(HOUR) },
    decision: late,
  },
  {
    name: 'a late repeat repeats where the user agent of the first use is not known',
    presented: 4,
    userAgent: 'Chrome/131.0',
    state: { ...unseen, rotatedUserAgent: null, now: at(HOUR) },
    decision: late,
  },
  {
    name: 'another user agent repeats within the grace, as behind an address that several share',
    presented: 4,
    userAgent: 'Chrome/131.0',
    state: unseen,
    decision: repeat,
  },
  {
    name: 'the third late repeat in a day repeats',
    presented: 4,
    state: { ...unseen, now: at(HOUR), lateRepeatedAt: [at(-2 * HOUR), at(-HOUR)] },
    decision: late,
  },
  {
    name: 'the fourth late repeat in a day is reuse',
    presented: 4,
    state: { ...unseen, now: at(HOUR), lateRepeatedAt: [at(-3 * HOUR), at(-2 * HOUR), at(-HOUR)] },
    decision: reuse('too_many_late_repeats'),
  },
  {
    name: 'a late repeat counts for a day',
    presented: 4,
    state: { ...unseen, now: at(HOUR), lateRepeatedAt: [at(HOUR - DAY), at(-2 * HOUR), at(-HOUR)] },
    decision: late,
  },
  {
    name: 'a late repeat counts once for its generation, however often the client tries to get the reply',
    presented: 4,
    state: { ...unseen, now: at(9 * HOUR), lateRepeatedAt: [at(-3 * HOUR), at(-2 * HOUR), at(3 * HOUR)] },
    decision: { ...repeat, cause: 'late_again' },
  },
  {
    name: 'a late repeat is not for another user agent, though it was repeated before',
    presented: 4,
    userAgent: 'Chrome/131.0',
    state: { ...unseen, now: at(3 * HOUR + 5), lateRepeatedAt: [at(3 * HOUR)] },
    decision: reuse('other_user_agent'),
  },
  {
    name: 'activity does not prolong the grace',
    presented: 4,
    state: { now: at(1001), lastActiveAt: at(1001) },
    decision: reuse('successor_used'),
  },
  {
    name: 'the previous token repeats for a transaction that waited and reads an earlier time',
    presented: 4,
    state: { now: at(989) },
    decision: repeat,
  },
  {
    name: 'a first use far in the future, of a clock set back since, gives no grace',
    presented: 4,
    state: { rotatedAt: at(2000), now: at(992) },
    decision: reuse('successor_used'),
  },
  {
    name: 'the previous token is reuse where its first use is not known and the successor was seen',
    presented: 4,
    state: { rotatedAt: null },
    decision: reuse('successor_used'),
  },
  {
    name: 'strict: the previous token is reuse at once',
    presented: 4,
    limits: strict,
    decision: reuse('strict'),
  },
  {
    name: 'strict: the previous token is reuse even in the same instant and with the successor unseen',
    presented: 4,
    state: { ...unseen, now: at(990) },
    limits: strict,
    decision: reuse('strict'),
  },

  {
    name: 'a straggler two generations old is refused within its grace',
    presented: 3,
    decision: { kind: 'straggler' },
  },
  {
    name: 'a straggler is refused at the end of its grace',
    presented: 3,
    state: { now: at(995) },
    decision: { kind: 'straggler' },
  },
  {
    name: 'two generations old is reuse just after its grace',
    presented: 3,
    state: { now: at(995.001) },
    decision: reuse('older_generation'),
  },
  {
    name: 'two generations old is reuse after its grace, whether or not the successor was seen',
    presented: 3,
    state: { ...unseen, now: at(996) },
    decision: reuse('older_generation'),
  },
  {
    name: 'two generations old is reuse where its first use is not known',
    presented: 3,
    state: { previousRotatedAt: null },
    decision: reuse('older_generation'),
  },
  {
    name: 'strict: a straggler is reuse',
    presented: 3,
    state: { now: at(985) },
    limits: strict,
    decision: reuse('strict'),
  },
  { name: 'three generations old is reuse at any time', presented: 2, decision: reuse('older_generation') },
  {
    name: 'the first token of an old session is reuse',
    presented: 0,
    state: unseen,
    decision: reuse('older_generation'),
  },

  {
    name: 'the previous token is a straggler if its request waited since before the successor was created',
    presented: 4,
    receivedAt: at(989.999),
    state: { now: at(1001) },
    decision: { kind: 'straggler' },
  },
  {
    name: 'the previous token is reuse if its request arrived when the successor was created, however long it waited',
    presented: 4,
    receivedAt: at(990),
    state: { now: at(1001) },
    decision: reuse('successor_used'),
  },
  {
    name: 'a wait of no more than the grace does not count',
    presented: 2,
    receivedAt: at(982),
    state: { previousRotatedAt: at(985), now: at(992) },
    decision: reuse('older_generation'),
  },
  {
    name: 'a request that waited is a straggler from another user agent too, and after too many late repeats',
    presented: 4,
    userAgent: 'Chrome/131.0',
    receivedAt: at(980),
    state: { ...unseen, now: at(HOUR), lateRepeatedAt: [at(-3 * HOUR), at(-2 * HOUR), at(-HOUR)] },
    decision: { kind: 'straggler' },
  },
  {
    name: 'a late repeat that waited gives tokens as ever',
    presented: 4,
    receivedAt: at(980),
    state: { ...unseen, now: at(HOUR) },
    decision: late,
  },
  {
    name: 'two generations old is a straggler if its request waited since before the next one was created',
    presented: 3,
    receivedAt: at(984.999),
    state: { now: at(1000) },
    decision: { kind: 'straggler' },
  },
  {
    name: 'two generations old is reuse if its request arrived later, however long it waited',
    presented: 3,
    receivedAt: at(985),
    state: { now: at(1000) },
    decision: reuse('older_generation'),
  },
  {
    name: 'three generations old may have waited since before its successor: when that was is not known',
    presented: 2,
    receivedAt: at(984.999),
    state: { now: at(1000) },
    decision: { kind: 'straggler' },
  },
  {
    name: 'three generations old is reuse if its request arrived after two later ones were created',
    presented: 2,
    receivedAt: at(985),
    state: { now: at(1000) },
    decision: reuse('older_generation'),
  },
  {
    name: 'an older one that waited is a straggler where only the last refresh is known, as after lost writes',
    presented: 3,
    receivedAt: at(989),
    state: { previousRotatedAt: null, now: at(1000) },
    decision: { kind: 'straggler' },
  },
  {
    name: 'strict: a request that waited for more than a second is a straggler',
    presented: 4,
    receivedAt: at(989),
    state: { now: at(990.001) },
    limits: strict,
    decision: { kind: 'straggler' },
  },
  {
    name: 'strict: a request that waited for a second is reuse',
    presented: 4,
    receivedAt: at(989),
    state: { now: at(990) },
    limits: strict,
    decision: reuse('strict'),
  },

  {
    name: 'a token ahead of the row is told apart: the database has lost writes',
    presented: 6,
    decision: { kind: 'ahead' },
  },
  {
    name: 'a token far ahead of the row is ahead alike',
    presented: 0xffffffff,
    decision: { kind: 'ahead' },
  },
  {
    name: 'strict: a token ahead of the row is ahead alike',
    presented: 6,
    limits: strict,
    decision: { kind: 'ahead' },
  },

  {
    name: 'a session lives until its end',
    presented: 5,
    state: { expiresAt: at(992.001) },
    decision: { kind: 'advance' },
  },
  {
    name: 'a session is over at its end',
    presented: 5,
    state: { expiresAt: at(992) },
    decision: { kind: 'expired' },
  },
  {
    name: 'a session lives while idle for less than the limit',
    presented: 5,
    state: { now: at(990 + DAY - 0.001) },
    decision: { kind: 'advance' },
  },
  {
    name: 'a session idle for the limit is idle',
    presented: 5,
    state: { now: at(990 + DAY) },
    decision: { kind: 'idle' },
  },
  {
    name: 'idleness counts from the last activity, not from the last refresh',
    presented: 5,
    state: { lastActiveAt: at(1000), now: at(990 + DAY) },
    decision: { kind: 'advance' },
  },
  {
    name: 'an unseen successor does not keep an idle session alive',
    presented: 4,
    state: { ...unseen, now: at(990 + DAY) },
    decision: { kind: 'idle' },
  },
  {
    name: 'expired comes before idle',
    presented: 5,
    state: { expiresAt: at(1000), now: at(990 + DAY) },
    decision: { kind: 'expired' },
  },
  {
    name: 'an old token of an expired session is no reuse',
    presented: 0,
    state: { expiresAt: at(900) },
    decision: { kind: 'expired' },
  },
];

describe('decideRefresh', () => {
  test.each(cases)(
    '$name',
    ({ presented, userAgent, receivedAt, state, limits: given = limits, decision }) => {
      const token = { ...genuine(presented, receivedAt), ...(userAgent !== undefined && { userAgent }) };
      expect(decideRefresh(token, { ...session, ...state }, given)).toEqual(decision);
    },
  );

  test.each(SESSION_END_REASONS)(
    'a session that has ended by %s says so, whichever genuine token comes',
    (endReason) => {
      const over = {
        ...session,
        endedAt: at(991),
        endReason,
        expiresAt: at(900),
        lastActiveAt: at(-2 * DAY),
      };
      for (const generation of [0, 3, 4, 5, 6]) {
        const decision = { kind: 'ended', reason: endReason, endedAt: at(991) };
        expect(decideRefresh(genuine(generation), over, limits)).toEqual(decision);
      }
    },
  );

  test('a forged token can neither end a session nor learn of it, whatever its state', () => {
    const states = [
      {},
      { endedAt: at(1), endReason: 'LOGOUT' as const },
      { expiresAt: at(1) },
      { now: at(9 * DAY) },
    ];
    for (const generation of [0, 3, 4, 5, 6]) {
      for (const state of states) {
        const decision = decideRefresh(
          { ...genuine(generation), genuine: false },
          { ...session, ...state },
          limits,
        );
        expect(decision).toEqual({ kind: 'forged' });
      }
    }
  });

  test('a row that ended without a reason is a fault, never a live session', () => {
    const broken = { ...session, endedAt: at(1) };
    expect(() => decideRefresh(genuine(5), broken, limits)).toThrow('without a reason');
  });

  test('an old token never gives new ones once its grace is over and its successor was seen', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 4 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: HOUR }),
        (generation, grace, late) => {
          const state = { ...session, now: at(990 + grace + late) };
          const decision = decideRefresh(genuine(generation), state, {
            ...limits,
            graceSeconds: grace,
          });
          expect(decision.kind).toBe('reuse');
        },
      ),
    );
  });
});
