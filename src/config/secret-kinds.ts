import { randomBytes } from 'node:crypto';
import { parsePostgresUrl } from '../core/postgres-url.ts';
import { Secret } from '../core/secret.ts';
import { parseSigningKeys, type SigningKeys } from '../core/signing-key.ts';
import type { Kind } from './setting.ts';

/** HMAC-SHA-256 requires a key of at least its output size (RFC 7518 §3.2). */
const MIN_SECRET_BYTES = 32;

/** The valid secrets for one purpose: the first creates, all verify. */
export const secretList: Kind<readonly Secret[]> = {
  words:
    `one or more random secrets of at least ${MIN_SECRET_BYTES} bytes, comma- or newline-separated, ` +
    'none of them twice, a placeholder or a repetition',
  parse: (text) => {
    const secrets = text.trim().split(/\s*[,\n]\s*/);
    const distinct = new Set(secrets).size === secrets.length;
    return distinct && secrets.every(isStrong) ? secrets.map((secret) => new Secret(secret)) : undefined;
  },
};

/** The secrets of a sender, any of which it may put into an HTTP header: they are limited to printable ASCII. */
export const headerSecrets: Kind<readonly Secret[]> = {
  words: `${secretList.words}, in printable ASCII without spaces`,
  parse: (text, environment) => {
    const secrets = secretList.parse(text, environment);
    return secrets?.every((secret) => /^[\x21-\x7e]+$/.test(secret.reveal())) ? secrets : undefined;
  },
};

/** The keys of access tokens: the first signs, all verify. */
export const signingKeys: Kind<SigningKeys> = {
  words:
    'one or more unencrypted private keys in PEM, one after another (\\n may stand for a line end), none of them twice: ' +
    'EC P-256, RSA of at least 2048 bits, or Ed25519',
  parse: (text) => {
    try {
      return parseSigningKeys(new Secret(text.replaceAll('\\n', '\n')));
    } catch {
      return undefined;
    }
  },
};

/** A URL that may contain a password, and so is a secret. */
export function secretUrl(...schemes: readonly string[]): Kind<Secret> {
  return {
    words: `a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
    parse: (text) => {
      const accepted = schemes.some((scheme) => text.startsWith(`${scheme}://`)) && URL.canParse(text);
      return accepted ? new Secret(text) : undefined;
    },
  };
}

/** A URL of one Postgres server or several. */
export const postgresUrl: Kind<Secret> = {
  words:
    'a URL that starts with postgres:// or postgresql://, of one server or several (host:port,host:port); target_session_attrs must be ' +
    'any, read-write, read-only, primary, standby or prefer-standby',
  parse: (text) => (parsePostgresUrl(text) === undefined ? undefined : new Secret(text)),
};

/** A new secret for a setting that was not given. */
export const randomSecret = () => randomBytes(32).toString('base64url');

/**
 * Words in placeholders of documentation and `.env` templates. A random secret contains one with probability < 10^-8.
 */
const PLACEHOLDER =
  /change.?(me|it|this)|replace.?(me|this|with)|placeholder|example|insecure|default|password|secret.?key/i;
const MIN_DISTINCT_CHARACTERS = 8;

/** Rejects typed placeholders and repetitions. Does not measure entropy. */
function isStrong(secret: string): boolean {
  const repeats = (secret + secret).indexOf(secret, 1) < secret.length;
  return (
    Buffer.byteLength(secret) >= MIN_SECRET_BYTES &&
    new Set(secret).size >= MIN_DISTINCT_CHARACTERS &&
    !repeats &&
    !PLACEHOLDER.test(secret)
  );
}
