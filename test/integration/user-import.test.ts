import { expect, test } from '@jest/globals';
import type { FileRecord } from '../../src/core/file-record.ts';
import { type Services, withTestServices } from '../support/services.ts';
import { runSql } from '../support/sql.ts';

const HASH = `$2b$10$${'a'.repeat(21)}u${'a'.repeat(31)}`;
const [ID, OTHER_ID] = ['1b4e28ba-2fa1-41d2-883f-0016d3cca427', '2b4e28ba-2fa1-41d2-883f-0016d3cca427'];

async function importAll({ userImport }: Services, batches: readonly (readonly object[])[], isDry = false) {
  let line = 0;
  const records = batches.map((batch) =>
    batch.map((value): FileRecord => {
      line += 1;
      return { kind: 'record', line, value };
    }),
  );
  const total = { read: 0, created: 0, existing: 0, refused: [] as string[] };
  for await (const batch of userImport.run(streamOf(records), { isDry })) {
    total.read += batch.read;
    total.created += batch.created;
    total.existing += batch.existing;
    total.refused.push(...batch.refused.map((each) => `${each.line} ${each.reason}`));
  }
  return total;
}

async function* streamOf<T>(items: readonly T[]) {
  yield* items;
}

test('of lines with one name the first wins, an account stays as it is, and a dry run says so before', async () => {
  await withTestServices({}, async ({ services, databaseUrl }) => {
    const rows = async (table: string) => runSql(databaseUrl, `SELECT * FROM ${table}`);
    const before = { email: 'old@example.com', username: 'old', name: 'Old', id: ID };
    expect(await importAll(services, [[before]])).toMatchObject({ created: 1 });
    const [old] = await rows('users');

    const batches = [
      [
        { email: 'OLD@example.com', name: 'New', passwordHash: HASH },
        { email: 'taken@example.com', username: 'OLD' },
        // Refused, so the next with this address is the first.
        { email: 'a@example.com', id: ID },
        { email: 'a@example.com', username: 'ann', passwordHash: HASH, roles: ['user', 'admin'] },
        { email: 'A@example.com' },
        { email: 'b@example.com', username: 'Ann' },
      ],
      [
        { email: 'c@example.com', username: 'ann' },
        { email: 'a@EXAMPLE.com', username: 'bob' },
        {
          email: 'bob@example.com',
          username: 'bob',
          id: OTHER_ID,
          disabled: true,
          createdAt: '2020-02-03T04:05:06Z',
        },
        { email: 'd@example.com', id: OTHER_ID.toUpperCase() },
      ],
    ];
    const result = {
      read: 10,
      created: 2,
      existing: 3,
      refused: [
        '2 username: Another account has this username.',
        '3 id: Another account has this id.',
        '6 username: Another account has this username.',
        '7 username: Another account has this username.',
        '10 id: Another account has this id.',
      ],
    };
    expect(await importAll(services, batches, true)).toEqual(result);
    expect(await rows('users')).toEqual([old]);
    expect(await rows('passwords')).toEqual([]);
    expect(await rows('events')).toHaveLength(1);

    expect(await importAll(services, batches)).toEqual(result);
    expect(await rows('users')).toHaveLength(3);
    expect(await rows(`users WHERE id = '${ID}'`)).toEqual([old]);
    expect(await rows(`users WHERE email = 'bob@example.com'`)).toMatchObject([
      {
        id: OTHER_ID,
        account_status: 'DISABLED',
        created_at: new Date('2020-02-03T04:05:06Z'),
        last_active_at: null,
      },
    ]);
    const [imported] = await rows(`users WHERE username = 'ann'`);
    expect(await rows('passwords')).toMatchObject([{ user_id: imported?.['id'], hash: HASH }]);
    expect(await rows(`events WHERE subject_id = '${imported?.['id']}'`)).toMatchObject([
      {
        type: 'user.imported',
        actor_id: null,
        kept: true,
        data: { userId: imported?.['id'], roles: ['user', 'admin'] },
      },
    ]);
    expect(await rows('event_outbox')).toEqual([]);
    // Again, nothing is left to do.
    expect(await importAll(services, batches)).toMatchObject({ created: 0, existing: 6 });
  });
});

test('two imports of one file at the same time create each user once', async () => {
  await withTestServices({}, async ({ services, databaseUrl }) => {
    const batches = Array.from({ length: 5 }, (_, batch) =>
      Array.from({ length: 100 }, (_each, i) => ({
        email: `${batch}-${i}@example.com`,
        username: `user-${batch}-${i}`,
        passwordHash: HASH,
      })),
    );
    const [one, other] = await Promise.all([importAll(services, batches), importAll(services, batches)]);
    expect([one.refused, other.refused]).toEqual([[], []]);
    expect(one.created + other.created).toBe(500);
    expect(one.existing + other.existing).toBe(500);
    const counts = await runSql(
      databaseUrl,
      'SELECT (SELECT count(*)::int FROM users) AS users, (SELECT count(*)::int FROM passwords) AS passwords, (SELECT count(*)::int FROM events) AS events',
    );
    expect(counts).toEqual([{ users: 500, passwords: 500, events: 500 }]);
  });
});
