import type { InvalidField, InvalidInput } from '../../core/invalid-field.ts';
import type { RoleCatalogue } from '../../core/role-catalogue.ts';
import {
  type AccountName,
  type AccountStatus,
  invalidDisplayName,
  invalidEmail,
  invalidUsername,
  parseDisplayName,
  parseEmail,
  parseUsername,
} from '../users/index.ts';

/** Changes of a user: `undefined` keeps the value, null clears it where there may be none. */
export interface UserUpdateInput {
  readonly name?: string | null | undefined;
  readonly username?: string | null | undefined;
  readonly email?: string | null | undefined;
  readonly roles?: readonly string[] | null | undefined;
  readonly accountStatus?: AccountStatus | null | undefined;
}

/** Parsed changes of a user. */
export interface UserUpdate {
  readonly name?: string | null;
  readonly username?: AccountName | null;
  readonly email?: AccountName;
  readonly roles?: readonly string[];
  readonly accountStatus?: AccountStatus;
}

/** Every unknown role is reported: without a limit, a response could be many times as large as its request. */
const MAX_ROLES = 100;

export function parseUserUpdate(
  input: UserUpdateInput,
  roleCatalogue: RoleCatalogue,
): { readonly kind: 'parsed'; readonly update: UserUpdate } | InvalidInput {
  const { email, accountStatus, roles } = input;
  const name = input.name == null ? input.name : parseDisplayName(input.name);
  const username = input.username == null ? input.username : parseUsername(input.username);
  const address = email == null ? undefined : parseEmail(email);
  const fields: InvalidField[] = [];
  if (name === null && input.name !== null) fields.push(invalidDisplayName(['name']));
  if (username === null && input.username !== null) fields.push(invalidUsername(['username']));
  if (address === null) fields.push(invalidEmail(['email']));
  for (const field of ['email', 'roles', 'accountStatus'] as const)
    if (input[field] === null)
      fields.push({ path: [field], code: 'REQUIRED', message: 'This cannot be cleared.' });
  if (roles != null) fields.push(...invalidRoles(roles, roleCatalogue));
  if (fields.length > 0) return { kind: 'invalid_input', fields };
  const update = {
    ...(name !== undefined && { name }),
    ...(username !== undefined && { username }),
    ...(address != null && { email: address }),
    ...(roles != null && { roles: [...new Set(roles)] }),
    ...(accountStatus != null && { accountStatus }),
  };
  return { kind: 'parsed', update };
}

/** The roles that do not exist. */
export function invalidRoles(roles: readonly string[], roleCatalogue: RoleCatalogue): InvalidField[] {
  if (roles.length > MAX_ROLES)
    return [{ path: ['roles'], code: 'TOO_LONG', message: `At most ${MAX_ROLES} roles.` }];
  return roles.flatMap((role, index) =>
    roleCatalogue.has(role)
      ? []
      : { path: ['roles', String(index)], code: 'UNKNOWN_ROLE', message: 'There is no such role.' },
  );
}
