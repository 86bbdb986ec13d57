import type { InvalidField, InvalidInput } from '../../core/invalid-field.ts';
import {
  type AccountName,
  invalidDisplayName,
  invalidEmail,
  invalidUsername,
  parseDisplayName,
  parseEmail,
  parseUsername,
} from '../users/index.ts';
import type { PasswordPolicy } from './password-policy.ts';

export interface NamesInput {
  readonly email: string;
  readonly username?: string | null | undefined;
  readonly name?: string | null | undefined;
}

export interface SignupInput extends NamesInput {
  readonly password: string;
}

export interface ParsedNames {
  readonly email: AccountName;
  readonly username: AccountName | null;
  readonly name: string | null;
}

/** A valid signup. */
interface ParsedSignup extends ParsedNames {
  readonly password: string;
}

/** Parses a signup and reports all invalid fields at once. Looks nothing up and computes no hash. */
export function parseSignup(
  input: SignupInput,
  passwords: PasswordPolicy,
): { readonly kind: 'parsed'; readonly signup: ParsedSignup } | InvalidInput {
  const names = parseNames(input);
  const { email, username, name } = names.parsed;
  const password = passwords.check(input.password, {
    email: email?.text,
    username: username?.text,
    name: name ?? undefined,
  });
  if (names.kind === 'invalid_input' || password !== null) {
    const invalid = names.kind === 'invalid_input' ? names.fields : [];
    return { kind: 'invalid_input', fields: password === null ? invalid : [...invalid, password] };
  }
  return { kind: 'parsed', signup: { ...names.names, password: input.password } };
}

/** Parses the names of a new account. */
export function parseNames(input: NamesInput) {
  const email = parseEmail(input.email);
  const username = input.username == null ? null : parseUsername(input.username);
  const name = input.name == null ? null : parseDisplayName(input.name);
  const parsed = { email, username, name };
  const fields: InvalidField[] = [];
  if (email === null) fields.push(invalidEmail(['email']));
  if (username === null && input.username != null) fields.push(invalidUsername(['username']));
  if (name === null && input.name != null) fields.push(invalidDisplayName(['name']));
  if (email === null || fields.length > 0) return { kind: 'invalid_input', fields, parsed } as const;
  const names: ParsedNames = { email, username, name };
  return { kind: 'parsed', names, parsed } as const;
}
