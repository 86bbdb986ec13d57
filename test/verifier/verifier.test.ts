import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  createVerifier,
  expressMiddleware,
  fastifyHook,
  MissingScopeError,
  RefusedError,
  type RevocationListener,
  type RevocationSource,
  requirePrincipal,
  requireScope,
  requireUser,
  streamedRevocations,
  type Verifier,
  type VerifierOptions,
  verifyRequest,
} from '../../packages/verifier/src/index.ts';
import { createTestIssuer, type TestIssuer } from '../../packages/verifier/src/testing.ts';
import { tokenFormat } from '../../src/core/token-format.ts';
import { eventually } from '../support/eventually.ts';

const USER = '0e7f2c52-39a6-4f0a-9a3c-6e1d5a1f5a01';
const SESSION = '0e7f2c52-39a6-4f0a-9a3c-6e1d5a1f5a02';

let issuer: TestIssuer;
beforeAll(async () => {
  issuer = await createTestIssuer();
});

const verifiers: Verifier[] = [];
afterEach(async () => {
  for (const verifier of verifiers.splice(0)) await verifier.close();
});

function create(options: Partial<VerifierOptions> = {}): Verifier {
  const verifier = createVerifier({ ...issuer.options, ...options });
  verifiers.push(verifier);
  return verifier;
}

/** A source that tests tell what to say. */
function heldSource() {
  let listener: RevocationListener | undefined;
  const state = { isLive: true };
  const source: RevocationSource = {
    get isLive() {
      return state.isLive;
    },
    start: (given) => {
      listener = given;
    },
    stop: async () => undefined,
  };
  const revoke = (id: string, notBefore = Number.POSITIVE_INFINITY) =>
    listener?.onRevocation({ id, notBefore, until: Date.now() + 300_000 });
  return { source, state, revoke, keys: (...kids: string[]) => listener?.onKeys(kids) };
}

describe('a token', () => {
  test('of a session is a user with scopes', async () => {
    const header = await issuer.user({ userId: USER, sessionId: SESSION, scopes: ['tasks:read'] });
    expect(await create().verify(header)).toEqual({
      kind: 'principal',
      principal: {
        kind: 'user',
        by: 'session',
        userId: USER,
        sessionId: SESSION,
        clientId: 'latchkey',
        roles: ['user'],
        scopes: new Set(['tasks:read']),
        expiresAt: expect.any(Date),
        claims: expect.objectContaining({ sub: USER }),
      },
    });
  });

  test('of a service is refused, unless services are accepted', async () => {
    const header = await issuer.service({ scopes: ['invoices:write'] });
    expect(await create().verify(header)).toEqual({ kind: 'refused', reason: 'invalid' });
    const verification = await create({ acceptsServices: true }).verify(header);
    expect(verification).toMatchObject({ kind: 'principal', principal: { kind: 'service' } });
    expect(() => requireUser(verification)).toThrow(RefusedError);
  });

  test('that has expired, is another issuer’s or for another audience is refused', async () => {
    expect(await create().verify(await issuer.user({ expiresIn: -10 }))).toMatchObject({ reason: 'expired' });
    const others = [
      await createTestIssuer({ issuer: 'https://other.test' }),
      await createTestIssuer({ audience: 'other' }),
    ];
    for (const other of [...others, await createTestIssuer()])
      expect(await create().verify(await other.user())).toMatchObject({ kind: 'refused', reason: 'invalid' });
    for (const { options } of others)
      expect(await create({ fetch: options.fetch as never }).verify(await issuer.user())).toMatchObject({
        reason: 'invalid',
      });
  });

  test.each([
    ['', 'anonymous'],
    [undefined, 'anonymous'],
    [null, 'anonymous'],
    ['Bearer', 'refused'],
    ['Bearer ', 'refused'],
    ['Bearer a.b.c', 'refused'],
    ['Bearer x', 'refused'],
    ['Bearer lkp_x', 'refused'],
    ['Basic eDp5', 'refused'],
    ['Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.', 'refused'],
  ])('that is %p is %s', async (header, kind) => {
    expect((await create().verify(header)).kind).toBe(kind);
  });

  test('of 20,000 characters is refused', async () => {
    expect((await create().verify(`Bearer ${'a'.repeat(20_000)}`)).kind).toBe('refused');
  });

  test('with a header that names its own key, or none, is refused', async () => {
    const header = await issuer.user();
    const [, payload, signature] = header.split('.');
    for (const forged of [
      { alg: 'none', kid: 'test', typ: 'at+jwt' },
      { alg: 'HS256', kid: 'test', typ: 'at+jwt' },
      { alg: 'ES256', typ: 'at+jwt' },
      { alg: 'ES256', kid: 'test' },
      { alg: 'ES256', kid: 'test', typ: 'JWT' },
      { alg: 'ES256', kid: 'test', typ: 'at+jwt', jku: 'https://evil.test' },
      { alg: 'ES256', kid: 'test', typ: 'service+jwt' },
    ]) {
      const head = Buffer.from(JSON.stringify(forged)).toString('base64url');
      expect((await create().verify(`Bearer ${head}.${payload}.${signature}`)).kind).toBe('refused');
    }
  });
});

describe('revocations', () => {
  test('refuse the tokens of what ended, and those from before a change', async () => {
    const { source, revoke } = heldSource();
    const verifier = create({ revocations: source });
    const header = await issuer.user({ userId: USER, sessionId: SESSION });
    expect((await verifier.verify(header)).kind).toBe('principal');
    revoke('0e7f2c52-39a6-4f0a-9a3c-6e1d5a1f5aff');
    revoke(USER, Date.now() - 60_000);
    expect((await verifier.verify(header)).kind).toBe('principal');
    revoke(USER, Date.now() + 3_000);
    expect(await verifier.verify(header)).toEqual({ kind: 'refused', reason: 'revoked' });
    const another = await issuer.user({ sessionId: SESSION });
    expect((await verifier.verify(another)).kind).toBe('principal');
    revoke(SESSION);
    expect(await verifier.verify(another)).toEqual({ kind: 'refused', reason: 'revoked' });
  });

  test('that are not heard make it expiry-only, and refuse everything where live is needed', async () => {
    const { source, state } = heldSource();
    const [ordinary, strict] = [
      create({ revocations: source }),
      create({ revocations: source, needs: 'live' }),
    ];
    const header = await issuer.user();
    expect([ordinary.guarantee, strict.guarantee]).toEqual(['live', 'live']);
    expect((await strict.verify(header)).kind).toBe('principal');
    state.isLive = false;
    expect([ordinary.guarantee, strict.guarantee]).toEqual(['expiry-only', 'expiry-only']);
    expect((await ordinary.verify(header)).kind).toBe('principal');
    expect(await strict.verify(header)).toMatchObject({ kind: 'refused', reason: 'unavailable' });
    expect(await strict.verify(undefined)).toEqual({ kind: 'anonymous' });
    expect(create().guarantee).toBe('expiry-only');
  });
});

describe('keys', () => {
  /** Counts the fetches, and lets them fail. */
  function countedKeys(...issuers: TestIssuer[]) {
    const state = { fetches: 0, fails: false, issuer: issuers[0] as TestIssuer };
    const send = (async (...args: Parameters<typeof fetch>) => {
      state.fetches += 1;
      if (state.fails) throw new TypeError('fetch failed');
      return state.issuer.options.fetch?.(...args);
    }) as typeof fetch;
    return { state, send };
  }

  test('are fetched once for a hundred first requests at once', async () => {
    const { state, send } = countedKeys(issuer);
    const verifier = create({ fetch: send });
    const header = await issuer.user();
    const all = await Promise.all(Array.from({ length: 100 }, () => verifier.verify(header)));
    expect(all.every(({ kind }) => kind === 'principal')).toBe(true);
    expect(state.fetches).toBe(1);
  });

  test('that cannot be read, or are of another kind, do not keep the others out', async () => {
    const { fetch: keysOf = fetch } = issuer.options;
    const send: typeof fetch = async (...args) => {
      const { keys } = (await (await keysOf(...args)).json()) as { keys: object[] };
      const oct = { kid: 'y', alg: 'HS256', kty: 'oct', k: 'AA' };
      return Response.json({ keys: [null, {}, { kid: 'x', alg: 'ES256', kty: 'EC' }, oct, ...keys] });
    };
    expect((await create({ fetch: send }).verify(await issuer.user())).kind).toBe('principal');
  });

  test('in an answer without end are no keys, and are not read to the end', async () => {
    let pulled = 0;
    const send = async () =>
      new Response(
        new ReadableStream({
          pull: (controller) => {
            pulled += 1;
            controller.enqueue(new Uint8Array(10_000));
          },
        }),
      );
    expect(await create({ fetch: send }).verify(await issuer.user())).toMatchObject({
      reason: 'unavailable',
    });
    expect(pulled).toBeLessThan(20);
  });

  test('an unknown key costs one fetch, not one per request', async () => {
    const { state, send } = countedKeys(issuer);
    const verifier = create({ fetch: send });
    const [head, ...rest] = (await issuer.user()).split('.');
    const unknown = JSON.stringify({ alg: 'ES256', kid: 'unknown', typ: 'at+jwt' });
    const forged = `Bearer ${[Buffer.from(unknown).toString('base64url'), ...rest].join('.')}`;
    expect(head).toBeDefined();
    for (let i = 0; i < 50; i += 1) expect((await verifier.verify(forged)).kind).toBe('refused');
    expect(state.fetches).toBe(1);
  });

  test('go on to verify while the issuer is away; without any nothing can be told, and after five failures none is tried', async () => {
    const { state, send } = countedKeys(issuer);
    const [known, unknown] = [create({ fetch: send }), create({ fetch: send })];
    const header = await issuer.user();
    expect((await known.verify(header)).kind).toBe('principal');
    state.fails = true;
    state.fetches = 0;
    for (let i = 0; i < 20; i += 1) {
      expect((await known.verify(header)).kind).toBe('principal');
      expect(await unknown.verify(header)).toMatchObject({ kind: 'refused', reason: 'unavailable' });
    }
    expect(state.fetches).toBe(5);
  });

  test('that the issuer has dropped are refused as soon as it says so, and fetched if it has others', async () => {
    const { source, keys } = heldSource();
    const { state, send } = countedKeys(issuer);
    const verifier = create({ fetch: send, revocations: source });
    const header = await issuer.user();
    expect((await verifier.verify(header)).kind).toBe('principal');
    keys('test');
    expect([state.fetches, (await verifier.verify(header)).kind]).toEqual([1, 'principal']);
    keys();
    expect(await verifier.verify(header)).toMatchObject({ kind: 'refused', reason: 'invalid' });
    expect(state.fetches).toBe(1);
    // It has the key after all, but not where it is asked at first.
    state.fails = true;
    await eventually(async () => {
      keys('test');
      return state.fetches > 1;
    });
    state.fails = false;
    await eventually(async () => {
      keys('test');
      return (await verifier.verify(header)).kind === 'principal';
    });
  });

  test('of which it cannot be told whether the issuer has them are no fault of the token', async () => {
    const { state, send } = countedKeys(issuer);
    const { source, keys } = heldSource();
    const verifier = create({ fetch: send, revocations: source });
    const header = await issuer.user();
    expect((await verifier.verify(header)).kind).toBe('principal');
    keys();
    state.fails = true;
    keys('test');
    await eventually(async () => {
      keys('test');
      return state.fetches > 1;
    });
    expect(await verifier.verify(header)).toMatchObject({ kind: 'refused', reason: 'unavailable' });
  });
});

describe('a personal access token', () => {
  const { mint } = tokenFormat('lkp_');

  /** A Latchkey whose answers to an exchange tests choose. */
  function exchanging() {
    const state = { asked: 0, answer: async (): Promise<Response> => new Response(null, { status: 500 }) };
    const send = (async (...args: Parameters<typeof fetch>) => {
      if (!String(args[0]).endsWith('/oauth/token')) return issuer.options.fetch?.(...args);
      state.asked += 1;
      return state.answer();
    }) as typeof fetch;
    return { state, options: { fetch: send, exchangeUrl: 'https://auth.test/oauth/token' } };
  }
  const jwt = async (token: Parameters<TestIssuer['user']>[0]) =>
    Response.json({ access_token: (await issuer.user(token)).slice('Bearer '.length) });

  test('that is made up, or has a typing mistake, costs no question', async () => {
    const { state, options } = exchanging();
    const verifier = create(options);
    const token = mint();
    for (const wrong of [
      'lkp_',
      'lkp_x',
      `${token.slice(0, -1)}${token.endsWith('a') ? 'b' : 'a'}`,
      `${token}a`,
    ])
      expect(await verifier.verify(`Bearer ${wrong}`)).toEqual({ kind: 'refused', reason: 'invalid' });
    expect(state.asked).toBe(0);
  });

  test('that makes too many requests shuts no other out', async () => {
    const { state, options } = exchanging();
    const verifier = create(options);
    const busy = mint();
    state.answer = async () =>
      Response.json({ error: 'x' }, { status: 429, headers: { 'retry-after': '30' } });
    for (let i = 0; i < 20; i += 1)
      expect(await verifier.verify(`Bearer ${busy}`)).toMatchObject({ reason: 'unavailable' });
    expect(state.asked).toBe(1);
    state.answer = () => jwt({});
    expect((await verifier.verify(`Bearer ${mint()}`)).kind).toBe('principal');
  });

  test('is exchanged again once what it was exchanged for has expired', async () => {
    const { state, options } = exchanging();
    const verifier = create(options);
    const token = mint();
    state.answer = () => jwt({ expiresIn: -1 });
    expect(await verifier.verify(`Bearer ${token}`)).toMatchObject({ reason: 'expired' });
    state.answer = () => jwt({});
    expect((await verifier.verify(`Bearer ${token}`)).kind).toBe('principal');
  });

  test('is exchanged once more for a hundred requests at once after a change of its owner', async () => {
    const { state, options } = exchanging();
    const { source, revoke } = heldSource();
    const verifier = create({ ...options, revocations: source });
    const header = `Bearer ${mint()}`;
    state.answer = () => jwt({ userId: USER });
    await verifier.verify(header);
    expect(state.asked).toBe(1);
    const later = await jwt({ userId: USER, issuedIn: 3 });
    revoke(USER, Date.now() + 1_000);
    state.answer = async () => later.clone();
    const all = await Promise.all(Array.from({ length: 100 }, () => verifier.verify(header)));
    expect(all.every(({ kind }) => kind === 'principal')).toBe(true);
    expect(state.asked).toBe(2);
  });
});

test('a source of revocations serves one verifier', () => {
  const streamed = streamedRevocations({ url: 'http://127.0.0.1:1/', clientId: 'x', clientSecret: 'y' });
  create({ revocations: streamed });
  expect(() => create({ revocations: streamed })).toThrow('serves one verifier');
});

describe('what servers use', () => {
  test('a principal is required, of a user, with a scope', async () => {
    const verification = await create().verify(await issuer.user({ scopes: ['tasks:read'] }));
    const principal = requireUser(verification);
    requireScope(principal, 'tasks:read');
    expect(() => requireScope(principal, 'tasks:write')).toThrow(MissingScopeError);
    const statusOf = (work: () => unknown) => {
      try {
        return work();
      } catch (error) {
        return [(error as RefusedError).reason, (error as RefusedError).status];
      }
    };
    expect(statusOf(() => requirePrincipal({ kind: 'anonymous' }))).toEqual(['anonymous', 401]);
    expect(statusOf(() => requirePrincipal({ kind: 'refused', reason: 'revoked' }))).toEqual([
      'revoked',
      401,
    ]);
    expect(statusOf(() => requirePrincipal({ kind: 'refused', reason: 'unavailable' }))).toEqual([
      'unavailable',
      503,
    ]);
  });

  let server: Server | undefined;
  afterEach(() => {
    server?.close();
  });

  test('Express and Fastify answer 401 for a refused token, and pass others on', async () => {
    const verifier = create();
    const [express, fastify] = [expressMiddleware(verifier), fastifyHook(verifier)];
    server = createServer(async (request, response) => {
      const send = (status: number, body: object) => response.writeHead(status).end(JSON.stringify(body));
      const pass = () => send(200, { caller: (request as { caller?: { kind: string } }).caller?.kind });
      if (request.url === '/express')
        return express(request, { status: (status) => ({ json: (body) => send(status, body) }) }, pass);
      const answered = await fastify(request, {
        code: (status) => ({ send: (body) => send(status, body) }),
      });
      return answered === undefined ? pass() : undefined;
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const good = await issuer.user();
    for (const path of ['/express', '/fastify']) {
      const get = async (authorization?: string) => {
        const answer = await fetch(url + path, { headers: authorization ? { authorization } : {} });
        return [answer.status, await answer.json()];
      };
      expect(await get(good)).toEqual([200, { caller: 'principal' }]);
      expect(await get()).toEqual([200, { caller: 'anonymous' }]);
      expect(await get('Bearer x')).toEqual([401, { error: 'invalid_token' }]);
    }
    const request = new Request(url, { headers: { authorization: good } });
    expect((await verifyRequest(verifier, request)).kind).toBe('principal');
  });
});
