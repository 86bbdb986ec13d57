// As a namespace, since the bundle takes the used parts of it.
import * as z from 'zod';
import { commaSeparated } from '../../core/comma-separated.ts';
import { parseId, type UserId } from '../../core/ids.ts';
import { parseForeignHash, parseNames } from '../passwords/index.ts';
import type { AccountName } from '../users/index.ts';

/** A user whom another system had. */
export interface ImportedUser {
  /** Null: a new one. */
  readonly id: UserId | null;
  readonly email: AccountName;
  readonly emailVerified: boolean;
  readonly username: AccountName | null;
  readonly name: string | null;
  readonly roles: readonly string[];
  readonly isDisabled: boolean;
  /** Null: now. */
  readonly createdAt: Date | null;
  /** Null: the user chooses a password by a reset. */
  readonly passwordHash: string | null;
}

/** What the file may say, by the rules of the installation. */
export interface ImportRules {
  isRole(name: string): boolean;
  /** Whether hashes by Argon2 can be compared on this machine. */
  readonly computesArgon2: boolean;
  readonly now: Date;
}

interface Invalid {
  readonly kind: 'invalid';
  /** Names fields and rules, never values: one could be a hash in the wrong column. */
  readonly reason: string;
}

const text = z.string('This is not text.').nullish();
const flag = z
  .union([z.boolean(), z.stringbool({ truthy: ['true', 't', '1'], falsy: ['false', 'f', '0'] })], {
    error: 'This is neither true nor false.',
  })
  .nullish();

const FIELDS = {
  email: z.string('An e-mail address is required.'),
  username: text,
  name: text,
  passwordHash: text,
  emailVerified: flag,
  roles: z
    .union([z.array(z.string()), z.string().transform(commaSeparated)], {
      error: 'This is no list of roles.',
    })
    .nullish(),
  createdAt: text,
  id: text,
  disabled: flag,
};

const record = z.strictObject(FIELDS, { error: 'This is no object.' });

/** The fields of a user, which are the columns of a CSV file. */
export const IMPORT_COLUMNS = { known: Object.keys(FIELDS), required: ['email'] };

/** Parses a record by the rules of a sign-up; but the operator may assign reserved usernames. */
export function parseImportedUser(
  value: unknown,
  rules: ImportRules,
): { readonly kind: 'parsed'; readonly user: ImportedUser } | Invalid {
  const parsing = record.safeParse(value);
  if (!parsing.success) return invalid(parsing.error.issues.map(problemOf));
  const { email, username, name, passwordHash, createdAt, id, disabled, emailVerified, roles } = parsing.data;
  const problems: string[] = [];
  const names = parseNames({ email, username, name });
  if (names.kind === 'invalid_input')
    problems.push(...names.fields.map(({ path, message }) => `${path.join('.')}: ${message}`));

  const hash = passwordHash == null ? null : parseForeignHash(passwordHash);
  if (hash?.kind === 'refused') problems.push(`passwordHash: ${hash.reason}`);
  else if (hash?.algorithm === 'argon2id' && !rules.computesArgon2)
    problems.push('passwordHash: Argon2 needs @node-rs/argon2, which does not load on this machine.');

  const userId = id == null ? null : parseId<UserId>(id);
  if (id != null && userId === null) problems.push('id: This is not a UUID.');
  const time = createdAt == null ? null : parseTime(createdAt);
  if (time !== null && !(time.getTime() >= 0 && time.getTime() <= rules.now.getTime()))
    problems.push('createdAt: This is no time of ISO 8601, with its offset from UTC, between 1970 and now.');
  if (roles?.some((role) => !rules.isRole(role)))
    problems.push('roles: Not every role is defined in the setting ROLES.');

  if (problems.length > 0 || names.kind === 'invalid_input' || hash?.kind === 'refused')
    return invalid(problems);
  return {
    kind: 'parsed',
    user: {
      ...names.names,
      id: userId,
      emailVerified: emailVerified ?? false,
      roles: [...new Set(roles ?? ['user'])],
      isDisabled: disabled ?? false,
      createdAt: time,
      passwordHash: hash?.text ?? null,
    },
  };
}

/** Time of ISO 8601, or as Postgres prints it; invalid if it has no offset: its instant would depend on the machine. */
function parseTime(value: string): Date {
  const [, day, time, offset] = TIME.exec(value) ?? [];
  return new Date(`${day}T${time}${offset?.length === 3 ? `${offset}:00` : offset}`);
}

const TIME = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d(?::?\d\d)?)$/;

function problemOf(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'unrecognized_keys')
    return [issue.path.join('.'), issue.message].filter(Boolean).join(': ');
  // Only what looks like a name: a key is a value of the file, too.
  const named = issue.keys.filter((key) => /^\w{1,40}$/.test(key));
  return `Unknown fields${named.length > 0 ? `: ${named.slice(0, 10).join(', ')}` : ''}.`;
}

const invalid = (problems: readonly string[]): Invalid => ({ kind: 'invalid', reason: problems.join(' ') });
