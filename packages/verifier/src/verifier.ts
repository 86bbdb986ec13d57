import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import type { Fetch } from './http.ts';
import { KeySet, type VerificationKey } from './key-set.ts';
import { type Answer, byExchange, byIntrospection, OpaqueTokens } from './opaque-tokens.ts';
import { VerifierUnavailableError } from './outage.ts';
import { isWellFormed, looksPersonal } from './personal-access-token.ts';
import { principalOf, type RefusalReason, type Verification } from './principal.ts';
import { RevocationList, type RevocationSource } from './revocations.ts';

export interface VerifierOptions {
  /** Claim `iss` (JWT_ISSUER). */
  readonly issuer: string;
  /** Claim `aud`: JWT_AUDIENCE, or an audience of this service's own. */
  readonly audience: string;
  /** Latchkey's keys; by default `/.well-known/jwks.json` at the issuer. */
  readonly jwksUrl?: string | URL;
  /** Where revocations are heard of. Without it, a token counts until it expires. */
  readonly revocations?: RevocationSource;
  /** `live`: refuses every token while revocations are not heard of. By default it goes on until tokens expire. */
  readonly needs?: 'live';
  /** Whether tokens of services are accepted, which act as no user. By default they are refused. */
  readonly acceptsServices?: boolean;
  /** Latchkey's `/oauth/token`, at which personal access tokens are exchanged. Without it and `introspection` they are refused. */
  readonly exchangeUrl?: string | URL;
  /** In place of `exchangeUrl`: Latchkey's `/oauth/introspect`, and a service client with the scope `tokens:introspect`. */
  readonly introspection?: {
    readonly url: string | URL;
    readonly clientId: string;
    readonly clientSecret: string;
  };
  /** In place of the global one. */
  readonly fetch?: Fetch;
}

export interface Verifier {
  /** Verifies an Authorization header. Never throws. */
  verify(authorization: string | null | undefined): Promise<Verification>;
  /** `live`: what is revoked is refused within a second. `expiry-only`: when it expires, at the latest. */
  readonly guarantee: 'live' | 'expiry-only';
  /** Stops to listen. */
  close(): Promise<void>;
}

/** RFC 6750 §2.1. */
const BEARER = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

/** Several times the length of Latchkey's. */
const MAX_LENGTH = 8_192;

/** How far the clocks of Latchkey and this machine may differ, in seconds. */
const CLOCK_TOLERANCE_SECONDS = 5;

/** Within so long all instances of Latchkey have heard of a revocation, in milliseconds: five seconds without Redis. */
const SETTLING_MS = 5_000;

/** By the header `typ` (RFC 9068 §2.1): tokens of services are no users. */
const TYPES: ReadonlyMap<unknown, 'user' | 'service'> = new Map([
  ['at+jwt', 'user'],
  ['service+jwt', 'service'],
]);

/** Verifies the tokens of Latchkey, without a call per request. */
export function createVerifier(options: VerifierOptions): Verifier {
  const { issuer, audience, revocations: source, fetch: send = fetch } = options;
  const now = () => performance.now();
  const jwksUrl = new URL(options.jwksUrl ?? new URL('/.well-known/jwks.json', issuer));
  const keys = new KeySet({ url: jwksUrl, fetch: send, now });
  const opaque = opaqueTokens(options, send, now);
  const revoked = new RevocationList();
  source?.start({
    onRevocation: (revocation) => revoked.add(revocation),
    onKeys: (kids) => keys.noteKeys(kids),
  });
  const isLive = () => source?.isLive ?? false;

  async function verify(token: string): Promise<Verification> {
    if (!looksPersonal(token)) return verifyJwt(token);
    return opaque !== null && isWellFormed(token) ? verifyPersonal(opaque, token) : refused('invalid');
  }

  async function verifyPersonal(tokens: OpaqueTokens, token: string): Promise<Verification> {
    const first = await tokens.resolve(token);
    const verification = await verifyAnswer(tokens, token, first);
    if (verification.kind !== 'refused' || first.kind === 'invalid' || first.kind === 'limited')
      return verification;
    // What was told of it has ended, such as a role of its owner, or the key: it may go on with less.
    tokens.forget(token, first);
    return verifyAnswer(tokens, token, await tokens.resolve(token));
  }

  async function verifyAnswer(tokens: OpaqueTokens, token: string, answer: Answer): Promise<Verification> {
    if (answer.kind === 'invalid') return refused('invalid');
    if (answer.kind === 'limited')
      return refused('unavailable', new Error('the token makes too many requests'));
    const claims = answer.kind === 'jwt' ? decodeJwt(answer.token) : answer.claims;
    const ids = idsOf(claims);
    // Whoever was asked may not have heard yet of what was heard here shortly before.
    if (revoked.hasChanged(ids, answer.askedAt - SETTLING_MS)) tokens.forgetSoon(token, answer);
    if (answer.kind === 'jwt') return verifyJwt(answer.token);
    return judge(claims, 'user', revoked.hasEnded(ids) || revoked.hasChanged(ids, answer.askedAt));
  }

  async function verifyJwt(token: string): Promise<Verification> {
    const header = headerOf(token);
    if (header === null) return refused('invalid');
    const { type } = header;
    if (type === 'service' && options.acceptsServices !== true) return refused('invalid');
    const found = await keys.find(header.kid);
    // The key decides, not the token (RFC 8725 §3.1).
    if (found === null || found.alg !== header.alg) return refused('invalid');
    const claims = await claimsOf(token, found, { issuer, audience });
    return judge(claims, type, revoked.has(idsOf(claims), Number(claims.iat) * 1_000));
  }

  /** Whether a token with these claims, which are the issuer's, is accepted now. */
  function judge(claims: JWTPayload, type: 'user' | 'service', isRevoked: boolean): Verification {
    const principal = principalOf(claims, type);
    if (principal === null || claims.aud !== audience) return refused('invalid');
    if (principal.expiresAt.getTime() <= Date.now()) return refused('expired');
    return isRevoked ? refused('revoked') : { kind: 'principal', principal };
  }

  return {
    async verify(authorization) {
      if (authorization === undefined || authorization === null || authorization === '')
        return { kind: 'anonymous' };
      const token = BEARER.exec(authorization)?.[1];
      if (token === undefined || token.length > MAX_LENGTH) return refused('invalid');
      try {
        const verification = await verify(token);
        const isEnough = options.needs !== 'live' || isLive() || verification.kind === 'refused';
        return isEnough ? verification : refused('unavailable', new Error('revocations are not heard of'));
      } catch (error) {
        if (error instanceof VerifierUnavailableError) return refused('unavailable', error);
        return refused(error instanceof errors.JWTExpired ? 'expired' : 'invalid', error);
      }
    },
    get guarantee() {
      return isLive() ? 'live' : 'expiry-only';
    },
    async close() {
      await source?.stop();
    },
  };
}

/** All that a token stands for, any of which may be revoked. */
function idsOf({ sub, sid, client_id: clientId }: JWTPayload): string[] {
  return [sub, sid, clientId].filter((id) => typeof id === 'string');
}

function refused(reason: RefusalReason, cause?: unknown): Verification {
  return cause === undefined ? { kind: 'refused', reason } : { kind: 'refused', reason, cause };
}

function opaqueTokens(
  { exchangeUrl, introspection }: VerifierOptions,
  send: Fetch,
  now: () => number,
): OpaqueTokens | null {
  if (introspection !== undefined)
    return new OpaqueTokens(byIntrospection(new URL(introspection.url), introspection, send), now);
  return exchangeUrl === undefined ? null : new OpaqueTokens(byExchange(new URL(exchangeUrl), send), now);
}

/** A header of a token that may be Latchkey's; null for others. No other member is trusted (RFC 8725 §3.10). */
function headerOf(token: string) {
  const { alg, kid, typ, ...others } = decodeProtectedHeader(token);
  const type = TYPES.get(typ);
  if (Object.keys(others).length > 0 || typeof kid !== 'string' || type === undefined) return null;
  return { alg, kid, type };
}

/** @throws {errors.JOSEError} if the token is not valid. */
async function claimsOf(
  token: string,
  { alg, key }: VerificationKey,
  { issuer, audience }: Pick<VerifierOptions, 'issuer' | 'audience'>,
): Promise<JWTPayload> {
  const { payload } = await jwtVerify(token, key, {
    issuer,
    audience,
    algorithms: [alg],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    requiredClaims: ['sub', 'client_id', 'scope', 'iat', 'exp', 'jti'],
  });
  return payload;
}
