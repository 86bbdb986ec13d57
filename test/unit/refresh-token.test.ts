import { createHmac, randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { SessionId, UserId } from '../../src/core/ids.ts';
import { parseId } from '../../src/core/ids.ts';
import { Secret } from '../../src/core/secret.ts';
import { SecretRing } from '../../src/core/secret-ring.ts';
import { generateSigningKeyPem, parseSigningKey } from '../../src/core/signing-key.ts';
import { createAccessTokens } from '../../src/modules/access-tokens/index.ts';
import { createRefreshTokens, REFRESH_SALT_BYTES } from '../../src/modules/sessions/refresh-token.ts';

const secret = () => new Secret(randomBytes(32).toString('base64'));
const old = secret();
const tokens = createRefreshTokens(new SecretRing([old, secret()]));

const uuid = fc.uuid().map((value) => value as SessionId);
const generation = fc.integer({ min: 0, max: 0xffffffff });
const salt = fc
  .uint8Array({ minLength: REFRESH_SALT_BYTES, maxLength: REFRESH_SALT_BYTES })
  .map((bytes) => Buffer.from(bytes));

const sessionId = parseId<SessionId>('0190a3b2-5c7d-7e8f-8a1b-2c3d4e5f6071') as SessionId;
const rowSalt = randomBytes(REFRESH_SALT_BYTES);
const token = tokens.mint(sessionId, 3, rowSalt);

/** Whether `presented` would be believed for the session it names, given that session's salt. */
function isAccepted(presented: string, itsSalt = rowSalt, by = tokens): boolean {
  const parsed = by.parse(presented);
  return parsed !== null && by.isGenuine(parsed, itsSalt);
}

describe('a refresh token', () => {
  test('says which session and generation it is of, and is genuine', () => {
    fc.assert(
      fc.property(uuid, generation, salt, (id, number, itsSalt) => {
        const minted = tokens.mint(id, number, itsSalt);
        expect(minted).toMatch(/^lkr_[A-Za-z0-9_-]{96}$/);
        expect(tokens.parse(minted)).toMatchObject({ sessionId: id, generation: number });
        expect(isAccepted(minted, itsSalt)).toBe(true);
      }),
    );
  });

  test('is derived: the same inputs give the same token', () => {
    expect(tokens.mint(sessionId, 3, Buffer.from(rowSalt))).toBe(token);
    expect(tokens.mint(sessionId, 4, rowSalt)).not.toBe(token);
  });

  test('is refused with the salt of another session', () => {
    fc.assert(
      fc.property(salt, (other) => {
        fc.pre(!other.equals(rowSalt));
        expect(isAccepted(token, other)).toBe(false);
      }),
    );
  });

  test('cannot be moved to another session, generation or secret', () => {
    const parsed = tokens.parse(token);
    if (parsed === null) throw new Error('not parsed');
    expect(tokens.isGenuine(parsed, rowSalt)).toBe(true);
    fc.assert(
      fc.property(uuid, generation, fc.stringMatching(/^[0-9a-f]{8}$/), (id, number, secretId) => {
        fc.pre(id !== sessionId && number !== 3 && secretId !== parsed.secretId);
        expect(tokens.isGenuine({ ...parsed, sessionId: id }, rowSalt)).toBe(false);
        expect(tokens.isGenuine({ ...parsed, generation: number }, rowSalt)).toBe(false);
        expect(tokens.isGenuine({ ...parsed, secretId }, rowSalt)).toBe(false);
      }),
    );
  });

  test('with any bit changed is refused before anything is looked up, with the salt of its session or without', () => {
    expect(isAccepted(token)).toBe(true);
    const bytes = Buffer.from(token.slice('lkr_'.length), 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(tokens.parse(`lkr_${changed.toString('base64url')}`)).toBeNull();
    }
  });

  test('is refused with any character changed, added or left out', () => {
    expect(isAccepted(token)).toBe(true);
    fc.assert(
      fc.property(
        fc.nat({ max: token.length }),
        fc.string({ unit: 'binary', maxLength: 2 }),
        fc.nat({ max: 2 }),
        (at, inserted, removed) => {
          const changed = token.slice(0, at) + inserted + token.slice(at + removed);
          fc.pre(changed !== token);
          expect(isAccepted(changed)).toBe(false);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('has one spelling: spare bits, padding, the other alphabet, spaces and case are refused', () => {
    expect(tokens.parse(token)).not.toBeNull();
    // Its length leaves no spare bits.
    expect((token.length - 'lkr_'.length) % 4).toBe(0);
    const dashed = Array.from({ length: 100 }, (_, n) => tokens.mint(sessionId, n, rowSalt)).find((t) =>
      t.includes('-'),
    );
    const plain = dashed?.replaceAll('-', '+') ?? token;
    const variants = [
      `${token}=`,
      ` ${token}`,
      `${token}\n`,
      token.toUpperCase(),
      token.replace('lkr_', 'lkp_'),
      plain,
      '',
    ];
    for (const variant of variants) expect(tokens.parse(variant)).toBeNull();
  });

  test('a salt of the wrong length is a fault of ours, not a weaker token', () => {
    expect(() => tokens.mint(sessionId, 3, Buffer.alloc(0))).toThrow('salt');
  });
});

describe('rotating the secret', () => {
  test('a token stays genuine while its secret is in the ring, and no longer', () => {
    const next = secret();
    expect(isAccepted(token, rowSalt, createRefreshTokens(new SecretRing([next, old])))).toBe(true);
    expect(isAccepted(token, rowSalt, createRefreshTokens(new SecretRing([next])))).toBe(false);
  });

  test('a MAC by the secret in force does not pass under the id of an unknown one', () => {
    // By hand, as the format is documented, so that the id is all that differs.
    const underId = (secretId: string) => {
      const number = Buffer.from([0, 0, 0, 3]);
      const claim = Buffer.concat([Buffer.from(secretId + sessionId.replaceAll('-', ''), 'hex'), number]);
      const mac = createHmac('sha256', old.reveal())
        .update('latchkey refresh token')
        .update(claim)
        .update(rowSalt);
      const tagged = Buffer.concat([claim, mac.digest()]);
      const tag = createHmac('sha256', old.reveal()).update('latchkey refresh token tag').update(tagged);
      return `lkr_${Buffer.concat([tagged, tag.digest().subarray(0, 16)]).toString('base64url')}`;
    };
    expect(underId(new SecretRing([old]).current.id)).toBe(token);
    expect(isAccepted(underId('00000000'))).toBe(false);
  });
});

test('an access token is no refresh token, and a refresh token no access token', () => {
  const accessTokens = createAccessTokens({
    keys: [parseSigningKey(new Secret(generateSigningKeyPem()))],
    issuer: 'https://auth.example.com',
    audience: 'https://api.example.com',
    ttlSeconds: 300,
    clock: { now: () => new Date('2030-01-01') },
  });
  const { token: accessToken } = accessTokens.sign({
    userId: sessionId as string as UserId,
    sessionId,
    generation: 3,
    scopes: [],
    roles: [],
    email: 'ada@example.com',
    emailVerified: false,
    username: null,
    endsAt: new Date(Date.now() + 86_400_000),
    authenticatedAt: new Date('2030-01-01'),
  });
  expect(accessTokens.verify(accessToken).kind).toBe('valid');
  expect(isAccepted(token)).toBe(true);
  expect(tokens.parse(accessToken)).toBeNull();
  expect(accessTokens.verify(token).kind).toBe('invalid');
});
