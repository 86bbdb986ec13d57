import { badUserInput } from '../../core/errors.ts';
import { normalizeBounded } from './bounded-text.ts';
import type { AccountStatus } from './user.ts';
import type { UserFilter, UserSearch } from './user-list.store.ts';

/** As many as an e-mail address has at most. */
const MAX_SEARCH_LENGTH = 254;
const MAX_ROLE_LENGTH = 100;

interface UserFilterInput {
  readonly search?: string | null | undefined;
  readonly accountStatus?: AccountStatus | null | undefined;
  readonly locked?: boolean | null | undefined;
  readonly role?: string | null | undefined;
  readonly emailVerified?: boolean | null | undefined;
}

/** @throws {PublicError} BAD_USER_INPUT for text that no user can have. */
export function parseUserFilter(input: UserFilterInput | null | undefined): UserFilter {
  const { search, accountStatus, locked, role, emailVerified } = input ?? {};
  if (role != null && (role === '' || role.length > MAX_ROLE_LENGTH || CONTROL.test(role)))
    throw badUserInput('filter.role is not the name of a role.');
  const text = search == null ? null : parseUserSearch(search);
  if (search != null && text === null)
    throw badUserInput(
      `filter.search is blank, has control characters, or is longer than ${MAX_SEARCH_LENGTH} characters.`,
    );
  return {
    search: text,
    accountStatus: accountStatus ?? null,
    locked: locked ?? null,
    role: role ?? null,
    emailVerified: emailVerified ?? null,
  };
}

/** Null if no user has such a part. */
export function parseUserSearch(given: string): UserSearch | null {
  const text = normalizeBounded(given.trim(), 'NFKC', MAX_SEARCH_LENGTH);
  if (text === null || text === '' || text.length > MAX_SEARCH_LENGTH || CONTROL.test(text)) return null;
  return { text, matches: SELECTIVE.test(text) ? 'anywhere' : 'beginnings' };
}

/** Control characters, line breaks among them, and lone surrogates. */
const CONTROL = /[\p{Cc}\p{Cs}]/u;

/** Text by which the index of trigrams finds few candidates. */
const SELECTIVE = /[\p{L}\p{N}]{3}/u;
