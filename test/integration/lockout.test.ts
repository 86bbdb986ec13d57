import { describe, expect, test } from '@jest/globals';
import type { Caller } from '../../src/core/principal.ts';
import { from } from '../support/callers.ts';
import { newAccount, PASSWORD } from '../support/client.ts';
import { QuickPool } from '../support/quick-pool.ts';
import { type Services, withTestServices } from '../support/services.ts';
import { runSql } from '../support/sql.ts';

const THRESHOLD = 5;
const WRONG = 'not the right one';

const stranger = from('203.0.113.7');

interface Scene {
  readonly services: Services;
  readonly databaseUrl: string;
  readonly pool: QuickPool;
  readonly email: string;
  guess(caller?: Caller, identifier?: string): Promise<string>;
  signIn(caller?: Caller, deviceToken?: string | null): Promise<string>;
}

/** An account that has signed up from an address of its own. */
async function withAccount(
  work: (scene: Scene) => Promise<void>,
  env: Record<string, string> = {},
): Promise<void> {
  const pool = new QuickPool();
  await withTestServices(
    env,
    async ({ services, databaseUrl }) => {
      const { email } = newAccount();
      const signedUp = await services.signups.signup(
        from('198.51.100.1'),
        { email, password: PASSWORD },
        'BODY',
      );
      expect(signedUp.kind).toBe('signed_in');
      const login = async (
        caller: Caller,
        isRight: boolean,
        identifier: string,
        deviceToken: string | null = null,
      ) => {
        const input = { identifier, password: isRight ? PASSWORD : WRONG };
        return (await services.passwords.login(caller, input, 'BODY', deviceToken)).kind;
      };
      await work({
        services,
        databaseUrl,
        pool,
        email,
        guess: (caller = stranger, identifier = email) => login(caller, false, identifier),
        signIn: (caller = stranger, deviceToken = null) => login(caller, true, email, deviceToken),
      });
    },
    pool,
  );
}

async function times<T>(count: number, act: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let i = 0; i < count; i += 1) results.push(await act());
  return results;
}

const refusedAfter = (failures: number, attempts: number) => [
  ...Array.from({ length: failures }, () => 'invalid_credentials'),
  ...Array.from({ length: attempts - failures }, () => 'rate_limited'),
];

describe('five wrong passwords in a row', () => {
  test.each(['an account has', 'no account has'])(
    'lock an identifier that %s, and no hash is computed',
    async (which) => {
      await withAccount(async ({ guess, signIn, pool, email }) => {
        const identifier = which === 'an account has' ? email : 'nobody@example.com';
        expect(await times(8, () => guess(stranger, identifier))).toEqual(refusedAfter(THRESHOLD, 8));
        expect(pool.compares).toBe(THRESHOLD);
        if (identifier === email) expect(await signIn()).toBe('rate_limited');
        expect(pool.compares).toBe(THRESHOLD);
      });
    },
  );

  test('are never exceeded by two hundred at once', async () => {
    await withAccount(async ({ guess, pool }) => {
      const outcomes = await Promise.all(Array.from({ length: 200 }, () => guess()));
      expect(outcomes.sort()).toEqual(refusedAfter(THRESHOLD, 200));
      expect(pool.compares).toBe(THRESHOLD);
    });
  });

  test('are counted anew after a right one', async () => {
    await withAccount(async ({ guess, signIn }) => {
      for (let round = 0; round < 3; round += 1) {
        expect(await times(4, () => guess())).toEqual(refusedAfter(4, 4));
        expect(await signIn()).toBe('signed_in');
      }
    });
  });

  test('leave sessions alone', async () => {
    await withAccount(async ({ guess, databaseUrl, email }) => {
      await times(6, () => guess());
      const [session] = await runSql(
        databaseUrl,
        'SELECT s.ended_at FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.email = $1',
        [email],
      );
      expect(session).toEqual({ ended_at: null });
    });
  });

  test('and what is refused after them are counted in the audit log, by account', async () => {
    await withAccount(async ({ guess, services, databaseUrl, email }) => {
      await times(9, () => guess());
      await services.events.flushRefusals();
      const refused = await runSql(
        databaseUrl,
        `SELECT u.email, e.data FROM events e JOIN users u ON u.id = e.subject_id WHERE type = 'lockout.refused'`,
      );
      expect(refused).toEqual([{ email, data: { count: 4 } }]);
    });
  });

  test('are recorded as one lock, with the account', async () => {
    await withAccount(async ({ guess, databaseUrl, email }) => {
      await times(8, () => guess());
      const locks = await runSql(
        databaseUrl,
        `SELECT u.email, e.data FROM events e JOIN users u ON u.id = e.subject_id WHERE type = 'lockout.started'`,
      );
      expect(locks).toEqual([{ email, data: { failures: THRESHOLD } }]);
    });
  });
});

test('a hundred right passwords at once lock nothing', async () => {
  await withAccount(async ({ signIn }) => {
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => signIn()));
    expect(new Set(outcomes)).toEqual(new Set(['signed_in']));
  });
});

test('attempts that find the hashing queue full are not counted', async () => {
  await withAccount(async ({ guess, signIn, pool, databaseUrl }) => {
    expect(await times(4, () => guess())).toEqual(refusedAfter(4, 4));
    pool.isFull = true;
    expect(await times(10, () => guess())).toEqual(refusedAfter(0, 10));
    expect(await guess(stranger, 'nobody@example.com')).toBe('rate_limited');
    const digests = await runSql(databaseUrl, 'SELECT failures FROM lockouts');
    expect(digests).toEqual([{ failures: 4 }]);
    pool.isFull = false;
    expect(await signIn()).toBe('signed_in');
  });
});

describe('a lock', () => {
  const minutesLeft = async (databaseUrl: string) => {
    const [row] = await runSql(
      databaseUrl,
      'SELECT round(extract(epoch FROM locked_until - now()) / 60)::int AS minutes FROM lockouts WHERE locked_until > now()',
    );
    return row?.['minutes'];
  };
  const pass = (databaseUrl: string, interval: string) =>
    runSql(
      databaseUrl,
      'UPDATE lockouts SET locked_until = locked_until - $1::interval, attempted_at = attempted_at - $1::interval',
      [interval],
    );

  test('lasts fifteen minutes, then twice as long each time, and a day at most', async () => {
    await withAccount(async ({ guess, databaseUrl }) => {
      const durations: unknown[] = [];
      for (let lock = 0; lock < 9; lock += 1) {
        expect(await times(6, () => guess())).toEqual(refusedAfter(THRESHOLD, 6));
        const minutes = await minutesLeft(databaseUrl);
        durations.push(minutes);
        await pass(databaseUrl, `${minutes} minutes`);
      }
      expect(durations).toEqual([15, 30, 60, 120, 240, 480, 960, 1_440, 1_440]);
    });
  });

  test('is forgotten a day after its end', async () => {
    await withAccount(async ({ guess, databaseUrl, services }) => {
      await times(6, () => guess());
      await pass(databaseUrl, '15 minutes');
      await times(6, () => guess());
      expect(await minutesLeft(databaseUrl)).toBe(30);
      await pass(databaseUrl, '30 minutes');
      await pass(databaseUrl, '1 day 1 second');
      await times(6, () => guess());
      expect(await minutesLeft(databaseUrl)).toBe(15);
      await pass(databaseUrl, '15 minutes');
      await services.cleanup.run();
      expect(await runSql(databaseUrl, 'SELECT FROM lockouts')).toHaveLength(1);
      await pass(databaseUrl, '1 day 1 second');
      await services.cleanup.run();
      expect(await runSql(databaseUrl, 'SELECT FROM lockouts')).toEqual([]);
    });
  });

  test('does not keep out a device that has signed in before, by its address or its cookie', async () => {
    await withAccount(async ({ guess, signIn, services, databaseUrl, email }) => {
      await times(6, () => guess());
      expect(await signIn(stranger)).toBe('rate_limited');
      expect(await signIn(from('198.51.100.1'))).toBe('signed_in');
      const [user] = await runSql(databaseUrl, 'SELECT id FROM users WHERE email = $1', [email]);
      const { token } = services.knownDevices.tokenFor(user?.['id'] as never);
      expect(await signIn(from('192.0.2.55'), token)).toBe('signed_in');
      expect(
        await signIn(from('192.0.2.77'), `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`),
      ).toBe('rate_limited');
      const ofAnother = services.knownDevices.tokenFor('00000000-0000-4000-8000-000000000000' as never).token;
      expect(await signIn(from('192.0.2.56'), ofAnother)).toBe('rate_limited');
      expect(await guess(stranger)).toBe('rate_limited');
    });
  });

  test('is told to others on an address of the owner as to strangers, and locks no device', async () => {
    await withAccount(async ({ guess, signIn, services, databaseUrl, email }) => {
      const neighbour = from('198.51.100.1');
      expect(await times(20, () => guess(neighbour))).toEqual(refusedAfter(THRESHOLD, 20));
      // The address is of no use any more, but the device is.
      expect(await signIn(neighbour)).toBe('rate_limited');
      const [user] = await runSql(databaseUrl, 'SELECT id FROM users WHERE email = $1', [email]);
      const { token } = services.knownDevices.tokenFor(user?.['id'] as never);
      expect(await signIn(neighbour, token)).toBe('signed_in');
      expect(await signIn(from('192.0.2.80'), token)).toBe('signed_in');
    });
  });
});

test('requests of strangers use up no limit of the owner', async () => {
  await withAccount(
    async ({ guess, signIn, services, databaseUrl, email }) => {
      const [user] = await runSql(databaseUrl, 'SELECT id FROM users WHERE email = $1', [email]);
      const { token } = services.knownDevices.tokenFor(user?.['id'] as never);
      for (let i = 0; i < 40; i += 1) await guess(from(`203.0.113.${i}`));
      expect(await signIn(from('203.0.113.99'))).toBe('rate_limited');
      expect(await signIn(from('192.0.2.80'), token)).toBe('signed_in');
      expect(await signIn(from('198.51.100.1'))).toBe('signed_in');
    },
    { RATE_LIMITS: '{}' },
  );
});
