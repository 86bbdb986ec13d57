import type { KeyObject } from 'node:crypto';
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { COMPATIBLE_CLAIMS, type CompatibleClaim } from '../../src/core/compatible-claims.ts';
import type { PersonalAccessTokenId, ServiceClientId, SessionId, UserId } from '../../src/core/ids.ts';
import { newId } from '../../src/core/ids.ts';
import { Secret } from '../../src/core/secret.ts';
import type { SigningKey } from '../../src/core/signing-key.ts';
import { generateSigningKeyPem, parseSigningKey, sharedSigningKeys } from '../../src/core/signing-key.ts';
import type { AccessTokenVerification } from '../../src/modules/access-tokens/access-token.ts';
import { createAccessTokens, ISSUED_AHEAD, rememberVerified } from '../../src/modules/access-tokens/index.ts';

const NOW = 1_900_000_000;
const issuer = 'https://auth.example.com';
const audience = 'https://api.example.com';
const userId = newId<UserId>();
const sessionId = newId<SessionId>();

const ecKey = () => parseSigningKey(new Secret(generateSigningKeyPem()));
const keyOf = (privateKey: KeyObject) =>
  parseSigningKey(new Secret(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()));
const es = ecKey();
const rs = keyOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);
const ed = keyOf(generateKeyPairSync('ed25519').privateKey);
const stranger = ecKey();

function tokensAt(seconds: number, options: Partial<Parameters<typeof createAccessTokens>[0]> = {}) {
  const clock = { now: () => new Date(seconds * 1000) };
  return createAccessTokens({ keys: [es, rs, ed], issuer, audience, ttlSeconds: 300, clock, ...options });
}

const input = {
  userId,
  sessionId,
  generation: 7,
  scopes: ['profile:read', 'audit:read'],
  roles: ['user', 'admin'],
  email: 'ada@example.com',
  emailVerified: true,
  username: 'ada',
  authenticatedAt: new Date((NOW - 60) * 1000),
  endsAt: new Date((NOW + 86_400) * 1000),
};

// Attacks are forged here with node:crypto alone, so that no library smooths them out on the way.

const validHeader = { alg: 'ES256', kid: es.kid, typ: 'at+jwt' };
const validClaims = {
  iss: issuer,
  aud: audience,
  sub: userId,
  iat: NOW,
  exp: NOW + 300,
  jti: 'a-token-id',
  sid: sessionId,
  gen: 7,
  client_id: 'latchkey',
  auth_time: NOW - 60,
  scope: 'profile:read audit:read',
  roles: ['user', 'admin'],
  email_verified: true,
};

type Json = Record<string, unknown>;
type Signer = (signed: string) => Buffer;

const base64url = (value: string | Buffer) => Buffer.from(value).toString('base64url');
const ecdsa =
  (key: KeyObject): Signer =>
  (signed) =>
    sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
const rsa =
  (key: KeyObject): Signer =>
  (signed) =>
    sign('sha256', Buffer.from(signed), key);
const eddsa =
  (key: KeyObject): Signer =>
  (signed) =>
    sign(null, Buffer.from(signed), key);
const hmac =
  (secret: string | Buffer): Signer =>
  (signed) =>
    createHmac('sha256', secret).update(signed).digest();

/** A token of any two texts, signed by the genuine key unless told otherwise. */
function forgeRaw(header: string, payload: string, signer: Signer = ecdsa(es.signingKey)): string {
  const signed = `${base64url(header)}.${base64url(payload)}`;
  return `${signed}.${base64url(signer(signed))}`;
}

/** The valid token with some members changed; `undefined` leaves one out. */
function forge(header: Json = {}, claims: Json = {}, signer?: Signer): string {
  return forgeRaw(
    JSON.stringify({ ...validHeader, ...header }),
    JSON.stringify({ ...validClaims, ...claims }),
    signer,
  );
}

/** Why `token` is refused, having shown that what it was made from is accepted: else it would prove nothing. */
function refusalOf(token: string, tokens = tokensAt(NOW)): string {
  expect(tokens.verify(forge())).toMatchObject({ kind: 'valid' });
  const verification = tokens.verify(token);
  return verification.kind === 'invalid' ? verification.reason : verification.kind;
}

function jtiOf(token: string): unknown {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).jti;
}

function claimsOf(verification: AccessTokenVerification) {
  if (verification.kind !== 'valid') throw new Error(`not valid: ${JSON.stringify(verification)}`);
  return verification.claims;
}

describe('what we sign', () => {
  test.each([
    ['ES256', es],
    ['RS256', rs],
    ['EdDSA', ed],
  ])('an %s token carries exactly the documented header and claims', (alg, key) => {
    const { token, expiresAt } = tokensAt(NOW, { keys: [key], random: () => 0 }).sign(input);
    const [header, payload] = token.split('.').map((part) => Buffer.from(part, 'base64url').toString());
    expect(JSON.parse(header ?? '')).toStrictEqual({ alg, kid: key.kid, typ: 'at+jwt' });
    expect(JSON.parse(payload ?? '')).toStrictEqual({
      ...validClaims,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(expiresAt).toEqual(new Date((NOW + 300) * 1000));
  });

  test.each([
    ['ES256', es],
    ['RS256', rs],
    ['EdDSA', ed],
  ])('verifies by %s, and says what was put in', (_alg, key) => {
    const tokens = tokensAt(NOW, { keys: [key] });
    const { token, expiresAt } = tokens.sign(input);
    const claims = claimsOf(tokens.verify(token));
    expect(jtiOf(token)).not.toBe(jtiOf(tokens.sign(input).token));
    // Said for others: we ask the database.
    const { endsAt: _, email: _e, emailVerified: _v, username: _u, ...said } = input;
    const issuedAt = new Date(NOW * 1000);
    expect(claims).toStrictEqual({ kind: 'session', audience, ...said, issuedAt, expiresAt });
  });

  test('never outlives its session', () => {
    const { expiresAt } = tokensAt(NOW).sign({ ...input, endsAt: new Date((NOW + 42) * 1000) });
    expect(expiresAt).toEqual(new Date((NOW + 42) * 1000));
  });

  test('says no scopes when there are none', () => {
    const tokens = tokensAt(NOW);
    expect(claimsOf(tokens.verify(tokens.sign({ ...input, scopes: [] }).token)).scopes).toEqual([]);
  });

  test('is accepted though the database, which dates the authentication, has a clock ahead of ours', () => {
    const tokens = tokensAt(NOW);
    const { token } = tokens.sign({ ...input, authenticatedAt: new Date((NOW + 30) * 1000) });
    expect(claimsOf(tokens.verify(token))).toHaveProperty('authenticatedAt', new Date(NOW * 1000));
  });

  test('lives for the configured time, less at most 5 %, and not a moment longer', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (ttlSeconds, drawn) => {
          const { token, expiresAt } = tokensAt(NOW, { ttlSeconds, random: () => drawn }).sign(input);
          const expires = expiresAt.getTime() / 1000;
          expect(expires - NOW).toBeLessThanOrEqual(ttlSeconds);
          expect(expires - NOW).toBeGreaterThanOrEqual(ttlSeconds * 0.95);
          expect(tokensAt(expires - 0.001).verify(token).kind).toBe('valid');
          expect(tokensAt(expires).verify(token).kind).toBe('expired');
        },
      ),
    );
  });

  test.each([0, -1, 1.5, 3_601, Number.NaN])('a lifetime of %p seconds is refused at start', (ttlSeconds) => {
    expect(() => tokensAt(NOW, { ttlSeconds })).toThrow(RangeError);
  });
});

describe('the longest lifetime that is accepted', () => {
  const accepts = (ttlSeconds: number, lifetime: number) =>
    tokensAt(NOW, { ttlSeconds }).verify(forge({}, { exp: NOW + lifetime })).kind === 'valid';

  test('is five minutes for instances that issue shorter ones, while others issue longer ones', () => {
    expect(accepts(30, 300)).toBe(true);
    expect(accepts(30, 301)).toBe(false);
    expect(accepts(300, 301)).toBe(false);
  });

  test('is the configured one where that is longer', () => {
    expect(accepts(3_600, 3_600)).toBe(true);
    expect(accepts(3_600, 3_601)).toBe(false);
  });
});

describe('claims for older back-ends', () => {
  const claimsWith = (compatibleClaims: readonly CompatibleClaim[], roles = input.roles) => {
    const { token } = tokensAt(NOW, { compatibleClaims }).sign({ ...input, roles });
    expect(tokensAt(NOW).verify(token).kind).toBe('valid');
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  };

  test('are those that are configured, and no others', () => {
    const values = { user_id: userId, username: 'ada', email: 'ada@example.com', is_admin: true };
    expect(claimsWith(COMPATIBLE_CLAIMS)).toMatchObject(values);
    for (const claim of COMPATIBLE_CLAIMS) {
      const claims = claimsWith([claim]);
      expect(claims[claim]).toEqual(values[claim]);
      const others = COMPATIBLE_CLAIMS.filter((other) => other !== claim);
      expect(others.filter((other) => other in claims)).toEqual([]);
    }
  });

  test('say of nobody else that they are an administrator', () => {
    expect(claimsWith(['is_admin'], ['user', 'administrator']).is_admin).toBe(false);
  });
});

describe('tokens signed with a shared secret', () => {
  const secrets = ['7b0d9c4e1f8a6352b7d9e0c1a4f6835272', '91f3c7a5e8d2b6049a3c5e7f1b8d206445'];
  const [first, second] = secrets.map((secret) => new Secret(secret)) as [Secret, Secret];
  const [shared, older] = sharedSigningKeys([first, second]) as unknown as [SigningKey, SigningKey];
  const hs = (header: Json, secret: string) =>
    forge({ alg: 'HS256', kid: shared.kid, ...header }, {}, hmac(secret));

  test('verify with that secret, and are not published', () => {
    const tokens = tokensAt(NOW, { keys: [shared, older] });
    const { token } = tokens.sign(input);
    expect(tokens.verify(token).kind).toBe('valid');
    expect(tokens.jwks).toEqual({ keys: [] });
    const [signed = '', signature] = token.split(/\.(?=[^.]*$)/);
    expect(signature).toBe(hmac(first.reveal())(signed).toString('base64url'));
    expect(JSON.parse(Buffer.from(signed.split('.')[0] ?? '', 'base64url').toString())).toEqual({
      alg: 'HS256',
      kid: shared.kid,
      typ: 'at+jwt',
    });
  });

  test('are refused by another secret, without one, and by another algorithm', () => {
    const tokens = tokensAt(NOW, { keys: [shared, older, es] });
    expect(tokens.verify(hs({}, first.reveal())).kind).toBe('valid');
    expect(tokens.verify(hs({ kid: older.kid }, second.reveal())).kind).toBe('valid');
    expect(tokens.verify(hs({}, second.reveal())).kind).toBe('invalid');
    expect(tokens.verify(hs({}, `${first.reveal()} `)).kind).toBe('invalid');
    for (const alg of ['none', 'HS384', 'HS512', 'ES256', 'RS256'])
      expect(tokens.verify(hs({ alg }, first.reveal()))).toEqual({ kind: 'invalid', reason: 'header alg' });
    // Neither key is taken for the other.
    expect(tokens.verify(hs({ kid: es.kid }, first.reveal())).kind).toBe('invalid');
    expect(tokens.verify(forge({ kid: shared.kid })).kind).toBe('invalid');
  });
});

describe('a token in place of a personal access token', () => {
  const personalAccessTokenId = newId<PersonalAccessTokenId>();
  const inPlace = { userId, personalAccessTokenId, scopes: ['profile:read'], endsAt: input.endsAt };
  const exchangedClaims = {
    ...{ iss: issuer, aud: audience, sub: userId, iat: NOW, exp: NOW + 300, jti: 'a-token-id' },
    ...{ scope: 'profile:read', client_id: personalAccessTokenId, act: { sub: personalAccessTokenId } },
  };
  const forgeExchanged = (claims: Json = {}) =>
    forgeRaw(JSON.stringify(validHeader), JSON.stringify({ ...exchangedClaims, ...claims }));

  test('verifies, and says what was put in', () => {
    const tokens = tokensAt(NOW);
    const { token, expiresAt } = tokens.signExchanged(inPlace);
    const { endsAt: _, ...said } = inPlace;
    const issuedAt = new Date(NOW * 1000);
    expect(claimsOf(tokens.verify(token))).toStrictEqual({
      kind: 'personal_access_token',
      audience,
      ...said,
      issuedAt,
      expiresAt,
    });
  });

  test('lives for five minutes at most, wherever sessions have longer ones', () => {
    const tokens = tokensAt(NOW, { ttlSeconds: 3_600, random: () => 0 });
    expect(tokens.signExchanged(inPlace).expiresAt).toEqual(new Date((NOW + 300) * 1000));
    expect(tokens.verify(forgeExchanged({ exp: NOW + 300 })).kind).toBe('valid');
    expect(tokens.verify(forgeExchanged({ exp: NOW + 301 })).kind).toBe('invalid');
  });

  test.each([
    ['act', [null, {}, 'token', { sub: 'token' }, { sub: [personalAccessTokenId] }, [personalAccessTokenId]]],
    ['client_id', [undefined, 'latchkey', newId(), 7]],
    ['sid', [null, 'session', 7]],
    ['roles', [['admin'], []]],
    ['sub', [undefined, 'admin']],
    ['scope', [undefined, ['profile:read']]],
    ['aud', ['other']],
    ['exp', [undefined, NOW]],
    ['iat', [undefined, NOW + 6]],
  ])('is refused if its %s is not exactly right', (claim, values) => {
    expect(tokensAt(NOW).verify(forgeExchanged()).kind).toBe('valid');
    for (const value of values)
      expect([value, tokensAt(NOW).verify(forgeExchanged({ [claim]: value })).kind]).toEqual([
        value,
        'invalid',
      ]);
  });

  test('is no session, and a session no such token', () => {
    expect(refusalOf(forge({}, { act: { sub: personalAccessTokenId } }))).toMatch(/^claim /);
    const { act: _, ...withoutActor } = exchangedClaims;
    expect(refusalOf(forgeRaw(JSON.stringify(validHeader), JSON.stringify(withoutActor)))).toMatch(/^claim /);
  });
});

describe('a token with which a service acts for a user', () => {
  const clientId = newId<ServiceClientId>();
  const endsAt = new Date((NOW + 100) * 1000);
  const delegation = { userId, clientId, sessionId, audience, scopes: ['profile:read'], endsAt };
  const delegatedClaims = {
    ...{ iss: issuer, aud: audience, sub: userId, iat: NOW, exp: NOW + 300, jti: 'a-token-id' },
    ...{ scope: 'profile:read', sid: sessionId, client_id: clientId, act: { sub: clientId } },
  };
  const forgeDelegated = (claims: Json = {}, header: Json = {}) =>
    forgeRaw(
      JSON.stringify({ ...validHeader, ...header }),
      JSON.stringify({ ...delegatedClaims, ...claims }),
    );

  test('verifies, says what was put in, and lives no longer than what it was exchanged for', () => {
    const tokens = tokensAt(NOW);
    const { endsAt: expiresAt, ...said } = delegation;
    const issuedAt = new Date(NOW * 1000);
    expect(claimsOf(tokens.verify(tokens.signDelegated(delegation).token))).toStrictEqual({
      kind: 'delegated',
      ...said,
      issuedAt,
      expiresAt,
    });
  });

  test.each([
    ['act', [null, {}, 'token', { sub: 'token' }, { sub: [clientId] }]],
    ['client_id', [undefined, 'latchkey', newId(), 7]],
    ['sid', [null, 'session', 7]],
    ['roles', [['admin'], []]],
    ['sub', [undefined, 'admin']],
    ['exp', [undefined, NOW, NOW + 301]],
  ])('is refused if its %s is not exactly right', (claim, values) => {
    expect(tokensAt(NOW).verify(forgeDelegated()).kind).toBe('valid');
    for (const value of values)
      expect([value, tokensAt(NOW).verify(forgeDelegated({ [claim]: value })).kind]).toEqual([
        value,
        'invalid',
      ]);
  });

  test('is no token of a service, and a session none with which one acts', () => {
    expect(tokensAt(NOW).verify(forgeDelegated({}, { typ: 'service+jwt' })).kind).toBe('invalid');
    const { act: _, ...withoutActor } = delegatedClaims;
    expect(refusalOf(forgeRaw(JSON.stringify(validHeader), JSON.stringify(withoutActor)))).toMatch(/^claim /);
  });
});

describe('a token of a service', () => {
  const clientId = newId<ServiceClientId>();
  const service = { clientId, audience, scopes: ['users:read'] };
  const serviceClaims = {
    ...{ iss: issuer, aud: audience, sub: clientId, iat: NOW, exp: NOW + 300, jti: 'a-token-id' },
    ...{ scope: 'users:read', client_id: clientId },
  };
  const forgeService = (claims: Json = {}, header: Json = {}) =>
    forgeRaw(
      JSON.stringify({ ...validHeader, typ: 'service+jwt', ...header }),
      JSON.stringify({ ...serviceClaims, ...claims }),
    );

  test('has a type of its own, and says what was put in', () => {
    const tokens = tokensAt(NOW, { random: () => 0 });
    const { token, expiresAt } = tokens.signService(service);
    expect(expiresAt).toEqual(new Date((NOW + 300) * 1000));
    expect(JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).typ).toBe(
      'service+jwt',
    );
    expect(claimsOf(tokens.verify(token))).toStrictEqual({
      kind: 'service',
      ...service,
      issuedAt: new Date(NOW * 1000),
      expiresAt,
    });
  });

  test('for another audience is taken only where that is asked for, whatever was verified before', () => {
    const clock = { now: () => new Date(NOW * 1000) };
    for (const tokens of [tokensAt(NOW), rememberVerified(tokensAt(NOW), clock)]) {
      const { token } = tokens.signService({ ...service, audience: 'billing' });
      for (let round = 0; round < 2; round += 1) {
        expect(tokens.verify(token, [audience, 'billing']).kind).toBe('valid');
        expect(tokens.verify(token)).toEqual({ kind: 'invalid', reason: 'claim aud' });
        expect(tokens.verify(token, ['bill'])).toEqual({ kind: 'invalid', reason: 'claim aud' });
        expect(tokens.verify(token, [])).toEqual({ kind: 'invalid', reason: 'claim aud' });
      }
    }
  });

  test.each([
    ['sub', [undefined, 'admin', userId]],
    ['client_id', [undefined, 'latchkey', newId(), 7]],
    ['sid', [sessionId]],
    ['act', [{ sub: clientId }]],
    ['roles', [['admin'], []]],
    ['aud', [undefined, 'other', [audience], '']],
    ['exp', [undefined, NOW, NOW + 301, NOW + 3_600]],
    ['scope', [undefined, ['users:read']]],
  ])('is refused if its %s is not exactly right', (claim, values) => {
    expect(tokensAt(NOW).verify(forgeService()).kind).toBe('valid');
    for (const value of values)
      expect([value, tokensAt(NOW).verify(forgeService({ [claim]: value })).kind]).toEqual([
        value,
        'invalid',
      ]);
  });

  test('is never one of a user, and one of a user never a service', () => {
    for (const typ of ['at+jwt', 'JWT', undefined, 'service'])
      expect(tokensAt(NOW).verify(forgeService({}, { typ })).kind).toBe('invalid');
    expect(refusalOf(forge({ typ: 'service+jwt' }))).toMatch(/^claim /);
  });
});

describe('key rotation', () => {
  test('the first key signs, every key in force verifies, a dropped one does not', () => {
    const { token } = tokensAt(NOW, { keys: [es] }).sign(input);
    expect(tokensAt(NOW, { keys: [es, rs] }).verify(token).kind).toBe('valid');
    expect(tokensAt(NOW, { keys: [rs, es] }).verify(token).kind).toBe('valid');
    expect(tokensAt(NOW, { keys: [rs] }).verify(token)).toEqual({ kind: 'invalid', reason: 'header kid' });
  });

  test('the key set shows each key once, with public members only', () => {
    const { keys } = tokensAt(NOW, { keys: [es, rs, ed, es] }).jwks;
    expect(keys).toStrictEqual([
      {
        kty: 'EC',
        crv: 'P-256',
        x: expect.any(String),
        y: expect.any(String),
        kid: es.kid,
        alg: 'ES256',
        use: 'sig',
      },
      { kty: 'RSA', n: expect.any(String), e: 'AQAB', kid: rs.kid, alg: 'RS256', use: 'sig' },
      { kty: 'OKP', crv: 'Ed25519', x: expect.any(String), kid: ed.kid, alg: 'EdDSA', use: 'sig' },
    ]);
  });
});

describe('a forged header is refused (RFC 8725 §3)', () => {
  const publicPem = es.verificationKey.export({ type: 'spki', format: 'pem' });
  const publicDer = es.verificationKey.export({ type: 'spki', format: 'der' });
  const nothing: Signer = () => Buffer.alloc(0);

  test.each(['none', 'None', 'NONE', 'nOnE'])('alg %s, unsigned or signed', (alg) => {
    expect(refusalOf(forge({ alg }, {}, nothing))).toBe('segments');
    expect(refusalOf(forge({ alg }))).toBe('header alg');
  });

  test.each(['HS256', 'HS384', 'HS512', 'hs256'])('alg %s keyed with our public key', (alg) => {
    for (const secret of [publicPem, publicDer, JSON.stringify(es.publicJwk)]) {
      expect(refusalOf(forge({ alg }, {}, hmac(secret)))).toBe('header alg');
      expect(refusalOf(forge({}, {}, hmac(secret)))).toBe('malformed signature');
    }
  });

  test('the algorithm of another family than the named key is of', () => {
    expect(refusalOf(forge({ kid: rs.kid, alg: 'RS256' }, {}, rsa(rs.signingKey)))).toBe('valid');
    expect(refusalOf(forge({ kid: es.kid, alg: 'RS256' }, {}, rsa(rs.signingKey)))).toBe('header alg');
    expect(refusalOf(forge({ kid: rs.kid, alg: 'ES256' }))).toBe('header alg');
    expect(refusalOf(forge({ kid: ed.kid, alg: 'EdDSA' }, {}, eddsa(ed.signingKey)))).toBe('valid');
    expect(refusalOf(forge({ kid: es.kid, alg: 'EdDSA' }, {}, eddsa(ed.signingKey)))).toBe('header alg');
    expect(refusalOf(forge({ kid: ed.kid, alg: 'ES256' }))).toBe('header alg');
  });

  test.each([
    ['another ECDSA', 'ES384'],
    ['PSS', 'PS256'],
    ['lower case', 'es256'],
    ['an array', ['ES256']],
    ['an object', { toString: 'ES256' }],
    ['null', null],
    ['empty', ''],
    ['missing', undefined],
  ])('alg: %s', (_, alg) => {
    expect(refusalOf(forge({ alg }))).toBe('header alg');
  });

  test.each([['JWT'], ['at+JWT'], ['application/at+jwt'], ['rt+jwt'], [['at+jwt']], [null], [undefined]])(
    'typ: %p',
    (typ) => {
      expect(refusalOf(forge({ typ }))).toBe('header typ');
    },
  );

  test.each([
    ['unknown', stranger.kid],
    ['too long', es.kid.padEnd(129, 'x')],
    ['other case', es.kid.toLowerCase() === es.kid ? es.kid.toUpperCase() : es.kid.toLowerCase()],
    ['a path', '../../dev/null'],
    ['SQL', "' OR '1'='1"],
    ['a prototype', '__proto__'],
    ['a constructor', 'constructor'],
    ['an array', [es.kid]],
    ['a number', 0],
    ['null', null],
    ['missing', undefined],
  ])('kid: %s', (_, kid) => {
    expect(refusalOf(forge({ kid }, {}, ecdsa(stranger.signingKey)))).toBe('header kid');
    expect(refusalOf(forge({ kid }))).toBe('header kid');
  });

  test.each([
    ['jwk', stranger.publicJwk],
    ['jku', 'https://attacker.example/jwks.json'],
    ['x5u', 'https://attacker.example/cert.pem'],
    ['x5c', ['MIIB']],
    ['crit', ['exp']],
    ['crit', []],
    ['b64', false],
    ['zip', 'DEF'],
    ['cty', 'JWT'],
    ['anything', null],
  ])('with the member %s', (member, value) => {
    expect(refusalOf(forge({ [member]: value }, {}, ecdsa(stranger.signingKey)))).toBe('header member');
    expect(refusalOf(forge({ [member]: value }))).toBe('header member');
  });

  test('with a member named __proto__', () => {
    const header = `{"__proto__":{},${JSON.stringify(validHeader).slice(1)}`;
    expect(refusalOf(forgeRaw(header, JSON.stringify(validClaims)))).toBe('header member');
  });

  test.each(['null', '[]', '"ES256"', '0', '', '{', 'not json', '\u0000'])('that is %p', (header) => {
    expect(refusalOf(forgeRaw(header, JSON.stringify(validClaims)))).toMatch(/^(header alg|segments)$/);
  });
});

describe('a forged signature is refused', () => {
  test('of a stranger, under the name of our key', () => {
    expect(refusalOf(forge({}, {}, ecdsa(stranger.signingKey)))).toBe('invalid signature');
    const strange = eddsa(generateKeyPairSync('ed25519').privateKey);
    expect(refusalOf(forge({ kid: ed.kid, alg: 'EdDSA' }, {}, strange))).toBe('invalid signature');
  });

  test.each([
    ['all zero (CVE-2022-21449)', Buffer.alloc(64)],
    ['too short', Buffer.alloc(63, 1)],
    ['too long', Buffer.alloc(65, 1)],
  ])('%s', (_, signature) => {
    expect(refusalOf(forge({}, {}, () => signature))).toMatch(/signature/);
    expect(refusalOf(forge({ kid: ed.kid, alg: 'EdDSA' }, {}, () => signature))).toMatch(/signature/);
  });

  test('DER where JOSE wants r and s', () => {
    const der: Signer = (signed) => sign('sha256', Buffer.from(signed), es.signingKey);
    expect(refusalOf(forge({}, {}, der))).toBe('malformed signature');
  });

  test('of other claims', () => {
    const [header, , signature] = forge().split('.');
    const claims = base64url(JSON.stringify({ ...validClaims, roles: ['admin'] }));
    expect(refusalOf(`${header}.${claims}.${signature}`)).toBe('invalid signature');
  });
});

describe('a claim that is not exactly right is refused', () => {
  // `email_verified` is for others: nothing here reads it.
  const wrong: Record<Exclude<keyof typeof validClaims, 'email_verified'>, readonly unknown[]> = {
    iss: ['', 'https://auth.example.com/', 'HTTPS://AUTH.EXAMPLE.COM', [issuer], {}],
    aud: ['', 'https://other.example.com', [audience], [audience, 'https://other.example.com'], {}],
    sub: ['', 'admin', userId.toUpperCase(), `${userId} `, [userId], 7],
    sid: ['', 'none', sessionId.toUpperCase(), sessionId.replaceAll('-', ''), [sessionId], 7],
    iat: ['', String(NOW), NOW + 0.5, NOW + 6, NOW - 1, -1, true],
    exp: ['', String(NOW + 300), NOW + 0.5, NOW, NOW - 1, NOW + 301, 2 ** 53, true],
    jti: ['', 7, ['a-token-id'], {}],
    gen: ['7', 7.5, -1, 2 ** 53, [7], true],
    client_id: ['', 'Latchkey', 'other', ['latchkey']],
    auth_time: ['', String(NOW), NOW + 1, NOW + 0.5, -1, true],
    scope: [7, ['profile:read'], {}],
    roles: ['admin', [7], [null], { 0: 'admin' }],
  };

  describe.each(Object.entries(wrong))('%s', (claim, values) => {
    test.each([undefined, null, ...values].map((value) => [value]))('%p', (value) => {
      expect(refusalOf(forge({}, { [claim]: value }))).toMatch(/^claim |^jwt (issuer|audience) invalid/);
    });
  });

  test.each(['exp', 'iat', 'auth_time', 'gen'])('%s: 1e999, which JSON parses to Infinity', (claim) => {
    const payload = JSON.stringify({ ...validClaims, [claim]: 'X' }).replace('"X"', '1e999');
    expect(refusalOf(forgeRaw(JSON.stringify(validHeader), payload))).toBe(`claim ${claim}`);
  });

  test('nbf in the future', () => {
    expect(refusalOf(forge({}, { nbf: NOW + 60 }))).toBe('claim nbf');
  });

  test.each(['null', '[]', '"text"', '0', '{', ' '])('a payload that is %p', (payload) => {
    expect(refusalOf(forgeRaw(JSON.stringify(validHeader), payload))).toMatch(/^claim |^jwt /);
  });

  test('a claim we do not know is ignored, as it may be of a newer version', () => {
    expect(tokensAt(NOW).verify(forge({}, { amr: ['pwd'], constructor: 1 })).kind).toBe('valid');
  });
});

describe('time', () => {
  test('a clock up to 5 seconds ahead of ours may have dated it, none further', () => {
    expect(tokensAt(NOW - 5).verify(forge()).kind).toBe('valid');
    expect(tokensAt(NOW - 6).verify(forge())).toEqual({ kind: 'invalid', reason: ISSUED_AHEAD });
  });

  test('expired is said only of a token that is right in everything else', () => {
    const later = tokensAt(NOW + 300);
    expect(later.verify(forge()).kind).toBe('expired');
    expect(later.verify(forge({}, { aud: 'other' })).kind).toBe('invalid');
    expect(later.verify(forge({}, { gen: 'x' })).kind).toBe('invalid');
    expect(later.verify(forge({}, {}, ecdsa(stranger.signingKey))).kind).toBe('invalid');
  });
});

describe('one token has one spelling', () => {
  const [header = '', payload = '', signature = ''] = forge().split('.');

  test.each([
    ['nothing', ''],
    ['a word', 'token'],
    ['dots', '..'],
    ['no signature', `${header}.${payload}.`],
    ['two segments', `${header}.${payload}`],
    ['four segments', `${header}.${payload}.${signature}.`],
    ['five segments, as a JWE has', `${header}.${payload}.${signature}.${payload}.${signature}`],
    ['many segments', `${header}.${payload}.${signature}${'.x'.repeat(1000)}`],
    ['padded', `${header}.${payload}.${signature}==`],
    ['spaced', `${header}.${payload}. ${signature}`],
    ['ended by a line', `${header}.${payload}.${signature}\n`],
    ['with a scheme', `Bearer ${header}.${payload}.${signature}`],
    ['with a foreign character', `${header}.${payload}.${signature}!`],
    ['with a NUL', `${header}.${payload}.\u0000${signature}`],
  ])('refused: %s', (_, token) => {
    expect(refusalOf(token)).toBe('segments');
  });

  test('refused: bits to spare at the end of the signature', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = alphabet.indexOf(signature.slice(-1));
    for (const spare of [1, 2, 3, 15]) {
      const variant = signature.slice(0, -1) + alphabet[last ^ spare];
      expect(Buffer.from(variant, 'base64url')).toEqual(Buffer.from(signature, 'base64url'));
      expect(refusalOf(`${header}.${payload}.${variant}`)).toBe('segments');
    }
  });

  test('refused: the alphabet of plain base64', () => {
    const dashed = Array.from({ length: 100 }, () => forge()).find((token) =>
      /[-_]/.test(token.split('.')[2] ?? ''),
    );
    expect(refusalOf((dashed ?? '').replaceAll('-', '+').replaceAll('_', '/'))).toBe('segments');
  });

  test('refused: 16 KB, though rightly signed', () => {
    expect(refusalOf(forge({}, { padding: 'x'.repeat(16_384) }))).toBe('size');
  });

  test('refused: any character changed, added or left out', () => {
    const tokens = tokensAt(NOW);
    const { token } = tokens.sign(input);
    expect(tokens.verify(token).kind).toBe('valid');
    const position = fc.nat({ max: token.length - 1 });
    fc.assert(
      fc.property(position, fc.string({ maxLength: 1 }), fc.boolean(), (at, inserted, replaces) => {
        const changed = token.slice(0, at) + inserted + token.slice(replaces ? at + 1 : at);
        fc.pre(changed !== token);
        expect(tokens.verify(changed).kind).toBe('invalid');
      }),
      { numRuns: 500 },
    );
  });

  // The one exception is in the mathematics: with (r, s), (r, n - s) is a signature too. It still names the
  // same session, and sessions, not spellings, are what is revoked.
  test('accepted: the twin of an ECDSA signature, and it is of the same session', () => {
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const bytes = Buffer.from(signature, 'base64url');
    const s = BigInt(`0x${bytes.toString('hex', 32)}`);
    const twin = Buffer.concat([
      bytes.subarray(0, 32),
      Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex'),
    ]);
    expect(twin).not.toEqual(bytes);
    const tokens = tokensAt(NOW);
    const verification = tokens.verify(`${header}.${payload}.${base64url(twin)}`);
    expect(verification).toEqual(tokens.verify(`${header}.${payload}.${signature}`));
    expect(claimsOf(verification)).toMatchObject({ sessionId });
  });
});
