import type { KeyObject } from 'node:crypto';
import { createSign, createVerify, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { Secret } from '../../src/core/secret.ts';
import { generateSigningKeyPem, parseSigningKey, thumbprint } from '../../src/core/signing-key.ts';

const pem = (key: KeyObject, type: 'pkcs8' | 'sec1' | 'pkcs1' = 'pkcs8') =>
  key.export({ type, format: 'pem' }).toString();
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength });

describe('a signing key is accepted', () => {
  const p256 = ec('P-256').privateKey;
  const rsa2048 = rsa(2048).privateKey;

  test.each([
    ['P-256, PKCS #8', pem(p256), 'ES256'],
    ['P-256, SEC 1', pem(p256, 'sec1'), 'ES256'],
    ['RSA 2048, PKCS #8', pem(rsa2048), 'RS256'],
    ['RSA 2048, PKCS #1', pem(rsa2048, 'pkcs1'), 'RS256'],
    ['our own for development', generateSigningKeyPem(), 'ES256'],
  ])('%s', (_, text, alg) => {
    const key = parseSigningKey(new Secret(text));
    expect(key.alg).toBe(alg);
    expect(key.publicJwk).toMatchObject({ alg, kid: key.kid, use: 'sig' });
    expect(Object.keys(key.publicJwk ?? {})).not.toEqual(expect.arrayContaining(['d']));
    const signature = createSign('sha256').update('probe').sign(key.signingKey);
    expect(createVerify('sha256').update('probe').verify(key.verificationKey, signature)).toBe(true);
  });
});

describe('a signing key is refused, and the message does not show it', () => {
  const p256 = ec('P-256');

  test.each([
    ['P-384', pem(ec('P-384').privateKey)],
    ['P-521', pem(ec('P-521').privateKey)],
    ['secp256k1', pem(ec('secp256k1').privateKey)],
    ['Ed448', pem(generateKeyPairSync('ed448').privateKey)],
    ['X25519', pem(generateKeyPairSync('x25519').privateKey)],
    ['RSA 1024', pem(rsa(1024).privateKey)],
    ['RSA-PSS', pem(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey)],
    ['a public key', p256.publicKey.export({ type: 'spki', format: 'pem' }).toString()],
    [
      'an encrypted key',
      p256.privateKey
        .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'passphrase' })
        .toString(),
    ],
    ['a truncated key', pem(p256.privateKey).slice(0, 120)],
    ['a word', 'correct-horse-battery-staple'],
    ['nothing', ''],
  ])('%s', (_, text) => {
    const failure = failureOf(() => parseSigningKey(new Secret(text)));
    expect(failure.message).toMatch(/^a signing key must be /);
    expect(failure.cause).toBeUndefined();
    for (const line of text.split('\n').filter((part) => part !== '')) {
      expect(failure.message + failure.stack).not.toContain(line);
    }
  });

  function failureOf(act: () => unknown): Error {
    try {
      act();
    } catch (error) {
      if (error instanceof Error) return error;
    }
    throw new Error('it was accepted');
  }
});

describe('a key is named by its thumbprint', () => {
  test('as in the example of RFC 7638 §3.1', () => {
    const jwk = {
      kty: 'RSA',
      n:
        '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tS' +
        'oc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65Y' +
        'GjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdk' +
        't-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
      e: 'AQAB',
      alg: 'RS256',
      kid: '2011-04-29',
    };
    expect(thumbprint(jwk)).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
  });

  test('the same for the same key in another encoding, another for another key', () => {
    const { privateKey } = ec('P-256');
    const kid = (text: string) => parseSigningKey(new Secret(text)).kid;
    expect(kid(pem(privateKey))).toBe(kid(pem(privateKey, 'sec1')));
    expect(kid(pem(privateKey))).not.toBe(kid(generateSigningKeyPem()));
  });
});
