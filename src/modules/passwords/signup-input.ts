import type { InvalidField } from '../../core/invalid-field.ts';
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

export interface SignupInput {
  readonly email: string;
  readonly password: string;
  readonly username?: string | null | undefined;
  readonly name?: string | null | undefined;
}

/** A valid signup. */
interface ParsedSignup {
  readonly email: AccountName;
  readonly username: AccountName | null;
  readonly name: string | null;
  readonly password: string;
}

type SignupParsing =
  | { readonly kind: 'parsed'; readonly signup: ParsedSignup }
  | { readonly kind: 'invalid_input'; readonly fields: readonly InvalidField[] };

/** Parses a signup and reports all invalid fields at once. Looks nothing up and computes no hash. */
export function parseSignup(input: SignupInput, passwords: PasswordPolicy): SignupParsing {
  const email = parseEmail(input.email);
  const username = input.username == null ? null : parseUsername(input.username);
  const name = input.name == null ? null : parseDisplayName(input.name);
  const fields: InvalidField[] = [];
  if (username === null && input.username != null) fields.push(invalidUsername(['username']));
  if (name === null && input.name != null) fields.push(invalidDisplayName(['name']));
  const password = passwords.check(input.password, {
    email: email?.text,
    username: username?.text,
    name: name ?? undefined,
  });
  if (password !== null) fields.push(password);
  if (email === null) return { kind: 'invalid_input', fields: [invalidEmail(['email']), ...fields] };
  if (fields.length > 0) return { kind: 'invalid_input', fields };
  return { kind: 'parsed', signup: { email, username, name, password: input.password } };
}
