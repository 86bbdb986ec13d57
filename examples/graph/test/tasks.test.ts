import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { generateSigningKeyPem } from '../../../src/core/signing-key.ts';
import { freePort } from '../../../test/support/free-port.ts';
import { request } from '../../../test/support/http.ts';
import { LatchkeyProcess } from '../../../test/support/latchkey-process.ts';
import { graph, signUp, type Visitor } from './support/graph.ts';
import { mint } from './support/mint.ts';

describe('the subgraph that joins User', () => {
  test("takes Latchkey's access token, whatever router it comes by", async () => {
    expect(await createTask(graph.tasksUrl, mint(await signUp()))).toEqual({
      data: { createTask: { title: 'Mine' } },
    });
  });

  test('asks for its scope, whoever the user is', async () => {
    const visitor = { userId: randomUUID(), sessionId: randomUUID() };
    for (const scopes of [['tasks:read'], ['tasks:writer'], []])
      expect(await createTask(graph.tasksUrl, mint(visitor, { scopes }))).toMatchObject({
        data: null,
        errors: [{ extensions: { code: 'FORBIDDEN' } }],
      });
  });

  test.each<[string, (visitor: Visitor) => string]>([
    ['has expired', (visitor) => mint(visitor, { minutesAgo: 10 })],
    ['was signed by another key', (visitor) => mint(visitor, { key: generateSigningKeyPem() })],
    ['comes from another issuer', (visitor) => mint(visitor, { issuer: 'https://elsewhere.example' })],
    ['is meant for another audience', (visitor) => mint(visitor, { audience: 'elsewhere' })],
    ['is a JWT of another kind', (visitor) => signedAgain(mint(visitor), { typ: 'JWT' })],
    ['is not signed', (visitor) => signedAgain(mint(visitor), { alg: 'none' })],
    ['is no JWT', () => 'rubbish'],
  ])('takes no token that %s', async (_what, make) => {
    expect(await createTask(graph.tasksUrl, make(await signUp()))).toMatchObject({
      data: null,
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
  });

  test('says so when it cannot get the keys: that is no fault of the token', async () => {
    const command = [process.execPath, '--import', 'tsx', 'examples/graph/tasks/server.ts'];
    const LATCHKEY_URL = `http://127.0.0.1:${await freePort()}`;
    const tasks = new LatchkeyProcess(command, { PORT: '0', LATCHKEY_URL, JWT_ISSUER: graph.issuer });
    try {
      const url = await tasks.waitFor(/served at (http\S+)/);
      expect(await createTask(url, mint(await signUp()))).toMatchObject({
        data: null,
        errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }],
      });
    } finally {
      await tasks.kill();
    }
  });
});

async function createTask(url: string, token: string) {
  const { json } = await request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: 'mutation { createTask(title: "Mine") { title } }' }),
  });
  return json;
}

/** The same claims by the same key, below another header. */
function signedAgain(token: string, changed: { typ?: string; alg?: 'none' }): string {
  const { header, payload } = jwt.decode(token, { complete: true }) as jwt.Jwt;
  const { alg = 'ES256', typ = header.typ } = changed;
  const key = alg === 'none' ? '' : graph.signingKey;
  return jwt.sign(payload, key, { algorithm: alg, header: { ...header, alg, ...(typ && { typ }) } });
}
