import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { VerifierOptions } from './verifier.ts';

interface Common {
  readonly scopes?: readonly string[];
  /** From now on, in seconds; negative for a token that has expired. */
  readonly expiresIn?: number;
  /** From now on, in seconds; by default now, or five minutes before a token that has expired. */
  readonly issuedIn?: number;
}

interface UserToken extends Common {
  readonly userId?: string;
  readonly sessionId?: string;
  readonly roles?: readonly string[];
}

interface ServiceToken extends Common {
  readonly clientId?: string;
}

/** Issues tokens like Latchkey's with a key that is thrown away, for tests of services. */
export interface TestIssuer {
  /** For `createVerifier`: it knows the keys of this issuer, and asks nobody. */
  readonly options: Pick<VerifierOptions, 'issuer' | 'audience' | 'fetch'>;
  /** An Authorization header of a user's session. */
  user(token?: UserToken): Promise<string>;
  /** An Authorization header of a service that acts for itself. */
  service(token?: ServiceToken): Promise<string>;
}

const ANYONE = '00000000-0000-4000-8000-000000000001';
const ANY_SESSION = '00000000-0000-4000-8000-000000000002';
const ANY_SERVICE = '00000000-0000-4000-8000-000000000003';

export async function createTestIssuer({
  issuer = 'https://auth.test',
  audience = 'graph',
}: Partial<Pick<VerifierOptions, 'issuer' | 'audience'>> = {}): Promise<TestIssuer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'test', alg: 'ES256', use: 'sig' };

  async function bearer(
    typ: string,
    { scopes = [], expiresIn = 300, issuedIn = Math.min(0, expiresIn - 300) }: Common,
    claims: object,
  ): Promise<string> {
    const now = Math.floor(Date.now() / 1_000);
    const token = await new SignJWT({ scope: scopes.join(' '), ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'test', typ })
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt(now + issuedIn)
      .setExpirationTime(now + expiresIn)
      .setJti(crypto.randomUUID())
      .sign(privateKey);
    return `Bearer ${token}`;
  }

  return {
    options: { issuer, audience, fetch: async () => Response.json({ keys: [jwk] }) },
    user: ({ userId = ANYONE, sessionId = ANY_SESSION, roles = ['user'], ...common } = {}) =>
      bearer('at+jwt', common, { sub: userId, sid: sessionId, client_id: 'latchkey', roles }),
    service: ({ clientId = ANY_SERVICE, ...common } = {}) =>
      bearer('service+jwt', common, { sub: clientId, client_id: clientId }),
  };
}
