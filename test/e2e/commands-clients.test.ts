import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, jest, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import { runCommand, settingsBeside } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { newSecrets } from '../support/secrets.ts';
import { assertion, newKeys, postForm } from '../support/service-clients.ts';

// Real processes: a second or two each, more on a busy machine.
jest.setTimeout(120_000);

const CREDENTIALS = { grant_type: 'client_credentials' };

const secrets = newSecrets();
const latchkey = useTestApp({ env: secrets });

async function run(...args: string[]): Promise<string> {
  const { code, output } = await runCommand(args, settingsBeside(latchkey.databaseUrl, secrets));
  expect([args[0], code, output]).toEqual([args[0], 0, output]);
  return output;
}

async function refusalOf(...args: string[]): Promise<string> {
  const { code, output } = await runCommand(args, settingsBeside(latchkey.databaseUrl, secrets));
  expect([args[0], code]).toEqual([args[0], 1]);
  return output;
}

const idIn = (output: string) => /client id +([0-9a-f-]{36})/.exec(output)?.[1] ?? '';
const secretIn = (output: string) => /client secret +(lks_\w{49})/.exec(output)?.[1] ?? '';

test('a client is created, listed, given a second secret and disabled, and a running server follows', async () => {
  expect(await run('list-clients')).toContain('There are no service clients.');
  const created = await run(
    'create-client',
    'billing',
    '--audience',
    'latchkey,billing',
    '--scope',
    'users:read',
  );
  const first = { id: idIn(created), secret: secretIn(created) };
  const issue = async (client: { id: string; secret: string }) =>
    (await postForm(latchkey, 'token', { ...CREDENTIALS, audience: 'billing' }, client)).status;
  expect(await issue(first)).toBe(200);
  expect(await run('list-clients')).toContain(
    `${first.id}  billing  ACTIVE  audiences latchkey,billing  scopes users:read  by secret`,
  );

  const second = { id: first.id, secret: secretIn(await run('rotate-client-secret', 'billing')) };
  await eventually(async () => (await issue(second)) === 200);
  expect(await issue(first)).toBe(200);

  expect(await run('disable-client', first.id)).toContain('billing is disabled now.');
  await eventually(async () => (await issue(first)) === 401 && (await issue(second)) === 401);
  expect(await run('list-clients')).toContain('DISABLED');
  expect(await run('enable-client', 'billing')).toContain('billing is enabled now.');
  await eventually(async () => (await issue(second)) === 200);
});

test('a client with a key has no secret', async () => {
  const keys = newKeys();
  const file = join(mkdtempSync(join(tmpdir(), 'latchkey-key-')), 'key.pem');
  writeFileSync(file, keys.publicKey);
  const created = await run('create-client', 'signing', '--audience', 'latchkey', '--public-key', file);
  expect(secretIn(created)).toBe('');
  const form = { ...CREDENTIALS, ...assertion(keys, idIn(created), 'http://localhost:4001') };
  expect((await postForm(latchkey, 'token', form)).status).toBe(200);
});

test('what cannot be done is said in words', async () => {
  expect(await refusalOf('create-client', 'Billing', '--audience', 'x')).toContain('name: A name is 1 to 63');
  expect(await refusalOf('create-client', 'jobs', '--audience', 'x', '--scope', 'users:write')).toContain(
    'scopes.0: Of Latchkey',
  );
  expect(
    await refusalOf('create-client', 'jobs', '--audience', 'x', '--public-key', '/nowhere.pem'),
  ).toContain('/nowhere.pem cannot be read (ENOENT).');
  expect(await refusalOf('disable-client', 'nobody')).toContain('There is no such service client.');
  expect(await refusalOf('rotate-client-secret', 'nobody')).toContain('There is no such service client.');
});
