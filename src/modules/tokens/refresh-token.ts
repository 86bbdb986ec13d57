import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SessionId } from '../../core/ids.ts';
import type { RingSecret, SecretRing } from '../../core/secret-ring.ts';
import { decodeBase64url } from './base64url.ts';

/** What a well-formed refresh token says. Nothing of it is to be believed before `isGenuine`. */
export interface ParsedRefreshToken {
  readonly secretId: string;
  readonly sessionId: SessionId;
  readonly generation: number;
  readonly mac: Buffer;
}

/**
 * Refresh tokens: `lkr_` + base64url(secret id ‖ session id ‖ generation ‖ MAC). The MAC is keyed by a server
 * secret and covers a salt that only the session's row holds: neither a stolen database nor a leaked secret
 * alone mints one.
 */
export interface RefreshTokens {
  /** Derived, never drawn: while the same secret signs, the same inputs give the same token. */
  mint(sessionId: SessionId, generation: number, salt: Buffer): string;
  /** Null unless `token` is spelled exactly as `mint` would spell it. */
  parse(token: string): ParsedRefreshToken | null;
  /** Compares in constant time, and takes as long for a secret that we do not know. */
  isGenuine(parsed: ParsedRefreshToken, salt: Buffer): boolean;
}

/** The length of a session's salt: 256 random bits, as strong as the MAC. */
export const refreshSaltBytes = 32;

export function createRefreshTokens(ring: SecretRing): RefreshTokens {
  return {
    mint(sessionId, generation, salt) {
      const claim = encodeClaim(ring.current.id, sessionId, generation);
      return prefix + Buffer.concat([claim, macOf(claim, salt, ring.current)]).toString('base64url');
    },

    parse(token) {
      if (token.length !== tokenLength || !token.startsWith(prefix)) return null;
      const bytes = decodeBase64url(token.slice(prefix.length));
      return bytes && decode(bytes);
    },

    isGenuine({ secretId, sessionId, generation, mac }, salt) {
      const known = ring.find(secretId);
      const claim = encodeClaim(secretId, sessionId, generation);
      const matches = timingSafeEqual(mac, macOf(claim, salt, known ?? ring.current));
      return matches && known !== undefined;
    },
  };
}

/** Fixed, so that secret scanners recognise a leaked token. */
const prefix = 'lkr_';
const secretIdBytes = 4;
const sessionIdBytes = 16;
const generationBytes = 4;
const macBytes = 32;
const claimBytes = secretIdBytes + sessionIdBytes + generationBytes;
const tokenLength = prefix.length + Math.ceil(((claimBytes + macBytes) * 8) / 6);

/** Makes these MACs useless wherever else the same secret is used. */
const label = 'latchkey refresh token';

/** Every part has a fixed length, so no two claims and salts run together into the same input. */
function macOf(claim: Buffer, salt: Buffer, { secret }: RingSecret): Buffer {
  if (salt.length !== refreshSaltBytes)
    throw new RangeError(`a session's salt has ${refreshSaltBytes} bytes`);
  return createHmac('sha256', secret.reveal()).update(label).update(claim).update(salt).digest();
}

function encodeClaim(secretId: string, sessionId: SessionId, generation: number): Buffer {
  const claim = Buffer.alloc(claimBytes);
  claim.write(secretId, 0, 'hex');
  claim.write(sessionId.replaceAll('-', ''), secretIdBytes, 'hex');
  claim.writeUInt32BE(generation, secretIdBytes + sessionIdBytes);
  return claim;
}

function decode(bytes: Buffer): ParsedRefreshToken {
  const hex = bytes.toString('hex', secretIdBytes, secretIdBytes + sessionIdBytes);
  return {
    secretId: bytes.toString('hex', 0, secretIdBytes),
    sessionId: hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') as SessionId,
    generation: bytes.readUInt32BE(secretIdBytes + sessionIdBytes),
    mac: bytes.subarray(claimBytes),
  };
}
