import { createHmac, timingSafeEqual } from 'node:crypto';
import { decodeBase64url } from '../../core/base64url.ts';
import type { SessionId } from '../../core/ids.ts';
import type { RingSecret, SecretRing } from '../../core/secret-ring.ts';

/** The content of a refresh token with a valid tag. It belongs to the session only if `isGenuine`. */
export interface ParsedRefreshToken {
  readonly secretId: string;
  readonly sessionId: SessionId;
  readonly generation: number;
  readonly mac: Buffer;
}

/**
 * Refresh tokens: `lkr_` + base64url(secret id ‖ session id ‖ generation ‖ MAC ‖ tag), where both MAC and tag are HMAC-SHA-256.
 * The MAC is keyed by a server secret and covers a salt stored only in the session's row: neither a stolen database nor a
 * leaked secret alone suffices to mint one. (Who reads an instance's memory has its secret, its database and the salts it
 * remembers.) The tag covers all before it and needs no row: a made-up token is refused before any lookup, in the same time and
 * without a write, whether or not the session exists.
 */
export interface RefreshTokens {
  /** Deterministic: with the same current secret, the same inputs give the same token. */
  mint(sessionId: SessionId, generation: number, salt: Buffer): string;
  /** Null unless `token` is in the canonical encoding of `mint`, with a tag by a known secret. */
  parse(token: string): ParsedRefreshToken | null;
  /** Compares in constant time. */
  isGenuine(parsed: ParsedRefreshToken, salt: Buffer): boolean;
}

/** Length of a session's salt: 256 random bits, as strong as the MAC. */
export const REFRESH_SALT_BYTES = 32;

export function createRefreshTokens(ring: SecretRing): RefreshTokens {
  return {
    mint(sessionId, generation, salt) {
      const claim = encodeClaim(ring.current.id, sessionId, generation);
      const tagged = Buffer.concat([claim, macOf(claim, salt, ring.current)]);
      return PREFIX + Buffer.concat([tagged, tagOf(tagged, ring.current)]).toString('base64url');
    },

    parse(token) {
      if (token.length !== TOKEN_LENGTH || !token.startsWith(PREFIX)) return null;
      const bytes = decodeBase64url(token.slice(PREFIX.length));
      if (bytes === null) return null;
      const secret = ring.find(bytes.toString('hex', 0, SECRET_ID_BYTES));
      if (secret === undefined) return null;
      const tag = tagOf(bytes.subarray(0, CLAIM_BYTES + MAC_BYTES), secret);
      return timingSafeEqual(tag, bytes.subarray(CLAIM_BYTES + MAC_BYTES)) ? decode(bytes) : null;
    },

    isGenuine({ secretId, sessionId, generation, mac }, salt) {
      const secret = ring.find(secretId);
      if (secret === undefined) return false;
      return timingSafeEqual(mac, macOf(encodeClaim(secretId, sessionId, generation), salt, secret));
    },
  };
}

/** Fixed, so that secret scanners recognise a leaked token. */
const PREFIX = 'lkr_';

/** Whether a credential has the prefix of a refresh token. */
export const looksLikeRefreshToken = (credential: string) => credential.startsWith(PREFIX);

const SECRET_ID_BYTES = 4;
const SESSION_ID_BYTES = 16;
const GENERATION_BYTES = 4;
const MAC_BYTES = 32;
const TAG_BYTES = 16;
const CLAIM_BYTES = SECRET_ID_BYTES + SESSION_ID_BYTES + GENERATION_BYTES;
const TOKEN_LENGTH = PREFIX.length + ((CLAIM_BYTES + MAC_BYTES + TAG_BYTES) * 8) / 6;

/** Domain separation: from each other, and from other uses of the same secret. */
const MAC_LABEL = 'latchkey refresh token';
const TAG_LABEL = 'latchkey refresh token tag';

/** Every part has a fixed length, so that the input is unambiguous. */
function macOf(claim: Buffer, salt: Buffer, { secret }: RingSecret): Buffer {
  if (salt.length !== REFRESH_SALT_BYTES)
    throw new RangeError(`a session's salt has ${REFRESH_SALT_BYTES} bytes`);
  return createHmac('sha256', secret.reveal()).update(MAC_LABEL).update(claim).update(salt).digest();
}

/** The first half of an HMAC: the minimum length of RFC 2104 §5. */
function tagOf(tagged: Buffer, { secret }: RingSecret): Buffer {
  const hmac = createHmac('sha256', secret.reveal()).update(TAG_LABEL).update(tagged);
  return hmac.digest().subarray(0, TAG_BYTES);
}

function encodeClaim(secretId: string, sessionId: SessionId, generation: number): Buffer {
  const claim = Buffer.alloc(CLAIM_BYTES);
  claim.write(secretId, 0, 'hex');
  claim.write(sessionId.replaceAll('-', ''), SECRET_ID_BYTES, 'hex');
  claim.writeUInt32BE(generation, SECRET_ID_BYTES + SESSION_ID_BYTES);
  return claim;
}

function decode(bytes: Buffer): ParsedRefreshToken {
  const hex = bytes.toString('hex', SECRET_ID_BYTES, SECRET_ID_BYTES + SESSION_ID_BYTES);
  return {
    secretId: bytes.toString('hex', 0, SECRET_ID_BYTES),
    sessionId: hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') as SessionId,
    generation: bytes.readUInt32BE(SECRET_ID_BYTES + SESSION_ID_BYTES),
    mac: bytes.subarray(CLAIM_BYTES, CLAIM_BYTES + MAC_BYTES),
  };
}
