import type { UserId } from '../../core/ids.ts';
import type { Identifier } from '../users/index.ts';

/** Length to which an identifier that no account can have is cut. */
const MAX_TEXT_LENGTH = 100;

/**
 * The account that a request names, as queues and limits count it: by the identifier as given, not by the account it belongs
 * to. If two identifiers of one account were counted together, delays and refusals would reveal that they belong together.
 */
export function subjectOf(identifier: Identifier | null, given: string): string {
  return identifier === null
    ? `text:${given.slice(0, MAX_TEXT_LENGTH)}`
    : `${identifier.kind}:${identifier.key}`;
}

export function subjectOfUser(userId: UserId): string {
  return `user:${userId}`;
}

/** The attempts of devices that an account knows by their cookie, which are counted apart. */
export const knownSubject = (subject: string) => `known ${subject}`;

/** The attempts from addresses that an account was used from, once those of strangers are refused. */
export const nearSubject = (subject: string) => `near ${subject}`;
