import { describe, expect, test } from '@jest/globals';
import type { Caller } from '../../src/core/principal.ts';
import { STUFFING_ADDRESSES } from '../support/amounts.ts';
import { from } from '../support/callers.ts';
import { PASSWORD } from '../support/client.ts';
import { QuickPool } from '../support/quick-pool.ts';
import { type Services, withTestServices } from '../support/services.ts';
import { runSql } from '../support/sql.ts';

const WRONG = 'not the right one';
const PAIRS_PER_ADDRESS = 200;
const DEFENDED = { STUFFING_IDENTIFIERS: '15', RATE_LIMITS: '{}' };

const attacker = from('203.0.113.7');

interface Scene {
  readonly services: Services;
  readonly databaseUrl: string;
  /** What sign-ins were to wait so far, in milliseconds. */
  readonly delays: number[];
}

/** Nobody waits: that somebody was to is noted. */
function defended(work: (scene: Scene) => Promise<void>): Promise<void> {
  const delays: number[] = [];
  return withTestServices(
    DEFENDED,
    (services) => work({ ...services, delays }),
    new QuickPool(),
    async (ms) => delays.push(ms),
  );
}

let people = 0;
/** Each has one of their own: one that fails with many identifiers is suspicious by itself. */
const passwordOf = (person: string) => `${PASSWORD} ${/\d+/.exec(person)?.[0]}`;

/** Somebody who signed up from an address of their own. */
async function newPerson({ services }: Scene): Promise<string> {
  people += 1;
  const email = `person${people}@example.com`;
  const home = from(`10.${people >> 16}.${(people >> 8) & 255}.${people & 255}`);
  const outcome = await services.signups.signup(home, { email, password: passwordOf(email) }, 'BODY');
  expect(outcome.kind).toBe('signed_in');
  return email;
}

async function login(
  { services }: Scene,
  caller: Caller,
  identifier: string,
  password: string,
  device: string | null = null,
) {
  return (await services.passwords.login(caller, { identifier, password }, 'BODY', device)).kind;
}

/** So many failures with identifiers of their own, one after another. */
async function fail(scene: Scene, caller: Caller, count: number): Promise<string[]> {
  const outcomes: string[] = [];
  for (let i = 0; i < count; i += 1) {
    people += 1;
    outcomes.push(await login(scene, caller, `nobody${people}@example.com`, `${WRONG} ${people}`));
  }
  return outcomes;
}

describe('an address from which many identifiers fail', () => {
  test('enters no account that it has not entered before, and learns of no right password', async () => {
    await defended(async (scene) => {
      const victim = await newPerson(scene);
      expect(await fail(scene, attacker, 5)).toEqual([
        ...Array(4).fill('invalid_credentials'),
        'rate_limited',
      ]);
      expect(scene.delays).toEqual([]);
      expect(await login(scene, attacker, victim, passwordOf(victim))).toBe('rate_limited');
      expect(await login(scene, attacker, victim, WRONG)).toBe('rate_limited');
      expect(scene.delays).toEqual([1_000, 1_000]);
      expect(await login(scene, from('203.0.113.8'), victim, passwordOf(victim))).toBe('signed_in');
      const blocked = await runSql(
        scene.databaseUrl,
        `SELECT u.email, host(e.ip_address) AS address FROM events e JOIN users u ON u.id = e.subject_id
         WHERE type = 'user.login_blocked'`,
      );
      expect(blocked).toEqual([{ email: victim, address: '203.0.113.7' }]);
    });
  });

  test.each(['right', 'wrong'])(
    'does not learn from the lockout whether a password was right: %s',
    async (which) => {
      await defended(async (scene) => {
        const victim = await newPerson(scene);
        await fail(scene, attacker, 5);
        const tried = which === 'right' ? passwordOf(victim) : WRONG;
        const guesses = [tried, ...[1, 2, 3, 4].map((i) => `${WRONG} ${i}`)];
        const outcomes = guesses.map((password) => login(scene, attacker, victim, password));
        expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['rate_limited']));
        expect(await login(scene, from('203.0.113.8'), victim, WRONG)).toBe('rate_limited');
      });
    },
  );

  test('still enters those that it entered before, and lets in devices that an account knows', async () => {
    await defended(async (scene) => {
      const { services, databaseUrl } = scene;
      const [colleague, traveller] = [await newPerson(scene), await newPerson(scene)];
      expect(await login(scene, attacker, colleague, passwordOf(colleague))).toBe('signed_in');
      await fail(scene, attacker, 7);
      expect(await login(scene, attacker, colleague, passwordOf(colleague))).toBe('signed_in');
      const [user] = await runSql(databaseUrl, 'SELECT id FROM users WHERE email = $1', [traveller]);
      const { token } = services.knownDevices.tokenFor(user?.['id'] as never);
      expect(await login(scene, attacker, traveller, passwordOf(traveller))).toBe('rate_limited');
      expect(await login(scene, attacker, traveller, passwordOf(traveller), token)).toBe('signed_in');
    });
  });

  test('is an office where people mistype, and then sign in', async () => {
    await defended(async (scene) => {
      for (let i = 0; i < 30; i += 1) {
        const person = await newPerson(scene);
        expect(await login(scene, attacker, person, `${WRONG} ${i}`)).toBe('invalid_credentials');
        expect(await login(scene, attacker, person, passwordOf(person))).toBe('signed_in');
      }
    });
  });
});

test('a password that is tried with many identifiers enters nowhere, from whatever address', async () => {
  await defended(async (scene) => {
    const victim = await newPerson(scene);
    for (let i = 0; i < 10; i += 1)
      expect(await login(scene, from(`192.0.2.${i}`), `sprayed${i}@example.com`, passwordOf(victim))).toBe(
        i < 9 ? 'invalid_credentials' : 'rate_limited',
      );
    expect(await login(scene, from('192.0.2.99'), victim, passwordOf(victim))).toBe('rate_limited');
    const other = await newPerson(scene);
    expect(await login(scene, from('192.0.2.99'), other, WRONG)).toBe('invalid_credentials');
  });
});

test('a stuffing run enters fewer than one in ten of the accounts whose passwords it has, and no honest person notices', async () => {
  await defended(async (scene) => {
    const pairs = STUFFING_ADDRESSES * PAIRS_PER_ADDRESS;
    const victims: string[] = [];
    for (let i = 0; i < pairs / 100; i += 1) victims.push(await newPerson(scene));
    const office = from('198.51.100.1');
    const staff: string[] = [];
    for (let i = 0; i < 4 * STUFFING_ADDRESSES; i += 1) staff.push(await newPerson(scene));

    let entered = 0;
    const attack = Array.from({ length: pairs }, async (_, i) => {
      // One in a hundred, at another place in each hundred.
      const isRight = i % 100 === (70 + 37 * Math.floor(i / 100)) % 100;
      const identifier = isRight ? (victims[Math.floor(i / 100)] ?? '') : `leaked${i}@example.com`;
      const caller = from(`203.0.113.${i % STUFFING_ADDRESSES}`);
      const outcome = await login(
        scene,
        caller,
        identifier,
        isRight ? passwordOf(identifier) : `${WRONG} ${i}`,
      );
      if (outcome === 'signed_in') entered += 1;
    });
    const honest = staff.map((person) => login(scene, office, person, passwordOf(person)));
    const [outcomes] = await Promise.all([Promise.all(honest), Promise.all(attack)]);
    expect(new Set(outcomes)).toEqual(new Set(['signed_in']));
    expect(entered).toBeLessThan(victims.length / 10);
  });
});
