import type { Pbkdf2Derivation, ScryptDerivation } from '../../core/key-derivation.ts';
import { decodeBase64, isOfLength } from './foreign-encoding.ts';
import { type ForeignHash, type RefusedHash, refused, tooCostly } from './foreign-hash-outcome.ts';

/** See `foreign-hash.ts`. With keys longer than a digest, which Keycloak derives, each iteration counts several times. */
const MAX_PBKDF2_ITERATIONS = 2_000_000;
/** N·r·p. The memory is 128·N·r bytes, so at most 256 MiB. */
const MAX_SCRYPT_WORK = 2 ** 21;
/** r·p. PBKDF2 makes 128·r·p bytes, and hashes them once for each 32 bytes of the key, whatever N is. */
const MAX_SCRYPT_BLOCKS = 2 ** 14;

const DIGEST_BYTES = { sha1: 20, sha256: 32, sha512: 64 } as const;

type Digest = keyof typeof DIGEST_BYTES;

/** Parses a hash by PBKDF2 or scrypt, in the forms of passlib, Django, better-auth, PHC and, for Firebase, supabase/auth. */
export function parseKeyDerivation(text: string): ForeignHash | RefusedHash {
  const parsed =
    passlibPbkdf2(text) ?? djangoPbkdf2(text) ?? phcScrypt(text) ?? firebaseScrypt(text) ?? betterAuth(text);
  if (parsed === null) return refused('This is a hash of no supported format, or damaged.');
  const costly = parsed.kind === 'pbkdf2' ? isCostlyPbkdf2(parsed) : isCostlyScrypt(parsed);
  if (costly !== null) return costly;
  const normalization = BETTER_AUTH.test(text) ? 'NFKC' : null;
  return { kind: 'foreign', text, algorithm: parsed.kind, hash: parsed, normalization };
}

/** `$pbkdf2-sha256$<iterations>$<salt>$<key>` in base64 with "." for "+"; `$pbkdf2$` is SHA-1. */
function passlibPbkdf2(text: string): Pbkdf2Derivation | null {
  const [, digest = 'sha1', iterations, salt = '', key = ''] = PASSLIB_PBKDF2.exec(text) ?? [];
  if (iterations === undefined) return null;
  return pbkdf2(digest, iterations, decodePasslibBase64(salt), decodePasslibBase64(key));
}

/** `pbkdf2_sha256$<iterations>$<salt as text>$<key>`. */
function djangoPbkdf2(text: string): Pbkdf2Derivation | null {
  const [, digest = '', iterations, salt = '', key = ''] = DJANGO_PBKDF2.exec(text) ?? [];
  if (iterations === undefined) return null;
  return pbkdf2(digest, iterations, new Uint8Array(Buffer.from(salt)), decodeBase64(key));
}

/** `$scrypt$ln=<log2 N>,r=<r>,p=<p>$<salt>$<key>`. */
function phcScrypt(text: string): ScryptDerivation | null {
  const [, logN, r, p, salt = '', key = ''] = PHC_SCRYPT.exec(text) ?? [];
  if (logN === undefined) return null;
  return scrypt([logN, r, p], decodeBase64(salt), decodeBase64(key), null);
}

/**
 * `$fbscrypt$v=1,n=<log2 N>,r=<rounds>,p=<p>,ss=<salt separator>,sk=<signer key>$<salt>$<hash>`, where the hash is the encrypted
 * signer key.
 */
function firebaseScrypt(text: string): ScryptDerivation | null {
  const [, logN, r, p, ...encoded] = FIREBASE_SCRYPT.exec(text) ?? [];
  const [separator, signerKey, salt, hash] = encoded.map(decodeFirebaseBase64);
  if (!separator || !signerKey || !salt || hash?.length !== signerKey.length) return null;
  return scrypt([logN, r, p], new Uint8Array([...salt, ...separator]), hash, signerKey);
}

/** `<salt>:<key>` in hexadecimal digits. The salt is the digits, not what they encode. */
function betterAuth(text: string): ScryptDerivation | null {
  const [, salt, key] = BETTER_AUTH.exec(text) ?? [];
  if (salt === undefined || key === undefined) return null;
  const [saltBytes, keyBytes] = [Buffer.from(salt), Buffer.from(key, 'hex')];
  return scrypt(['14', '16', '1'], new Uint8Array(saltBytes), new Uint8Array(keyBytes), null);
}

function pbkdf2(
  digest: string,
  iterations: string,
  salt: Uint8Array | null,
  key: Uint8Array | null,
): Pbkdf2Derivation | null {
  if (!isDigest(digest) || !isOfLength(salt, 1, 128) || !isOfLength(key, DIGEST_BYTES[digest], 64))
    return null;
  return { kind: 'pbkdf2', digest, iterations: Number(iterations), salt, key };
}

function scrypt(
  parameters: readonly (string | undefined)[],
  salt: Uint8Array | null,
  key: Uint8Array | null,
  signerKey: Uint8Array | null,
): ScryptDerivation | null {
  const [logN = 0, r = 0, p = 0] = parameters.map(Number);
  // RFC 7914, section 2: N is less than 2^(128·r/8).
  if (logN >= 16 * r || !isOfLength(salt, 1, 128) || !isOfLength(key, 16, 64)) return null;
  return { kind: 'scrypt', logN, r, p, salt, key, signerKey };
}

function isCostlyPbkdf2({ digest, iterations, key }: Pbkdf2Derivation): RefusedHash | null {
  const blocks = Math.ceil(key.length / DIGEST_BYTES[digest]);
  if (iterations * blocks <= MAX_PBKDF2_ITERATIONS) return null;
  return tooCostly(`The iterations of PBKDF2 are above ${MAX_PBKDF2_ITERATIONS}`);
}

function isCostlyScrypt({ logN, r, p }: ScryptDerivation): RefusedHash | null {
  if (2 ** logN * r * p > MAX_SCRYPT_WORK) return tooCostly('N·r·p of scrypt is above 2^21');
  return r * p <= MAX_SCRYPT_BLOCKS ? null : tooCostly('r·p of scrypt is above 2^14');
}

const isDigest = (name: string): name is Digest => Object.hasOwn(DIGEST_BYTES, name);

const decodePasslibBase64 = (text: string) => decodeBase64(text.replaceAll('.', '+'));

/** Firebase exports the alphabet for URLs, its console shows the standard one; with padding or without. */
function decodeFirebaseBase64(text: string | undefined): Uint8Array | null {
  return decodeBase64(
    (text ?? '')
      .replaceAll('-', '+')
      .replaceAll('_', '/')
      .replace(/={1,2}$/, ''),
  );
}

const PASSLIB_PBKDF2 =
  /^\$pbkdf2(?:-(sha256|sha512))?\$([1-9]\d{0,9})\$([./A-Za-z0-9]{1,200})\$([./A-Za-z0-9]{1,100})$/;
const DJANGO_PBKDF2 =
  /^pbkdf2_(sha1|sha256)\$([1-9]\d{0,9})\$([!-#%-~]{1,128})\$([+/A-Za-z0-9]{1,100})={0,2}$/;
const PHC_SCRYPT =
  /^\$scrypt\$ln=([1-9]\d?),r=([1-9]\d{0,9}),p=([1-9]\d{0,9})\$([+/A-Za-z0-9]{1,200})\$([+/A-Za-z0-9]{1,200})$/;
const FIREBASE_SCRYPT =
  /^\$fbscrypt\$v=1,n=([1-9]\d?),r=([1-9]\d?),p=([1-9]\d?)(?:,ss=([\w+/=-]{0,100}))?,sk=([\w+/=-]{1,200})\$([\w+/=-]{1,100})\$([\w+/=-]{1,200})$/;
const BETTER_AUTH = /^([0-9a-f]{32}):([0-9a-f]{128})$/;
