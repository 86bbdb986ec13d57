import type { InvalidField, InvalidInput } from '../../core/invalid-field.ts';
import type { RoleCatalogue } from '../../core/role-catalogue.ts';
import {
  type AccountName,
  type AccountStatus,
  invalidEmail,
  type ProfileChanges,
  type ProfileInput,
  parseEmail,
  parseProfileChanges,
} from '../users/index.ts';

/** Changes of a user: `undefined` keeps the value, null clears it where there may be none. */
export interface UserUpdateInput extends ProfileInput {
  readonly email?: string | null | undefined;
  readonly roles?: readonly string[] | null | undefined;
  readonly accountStatus?: AccountStatus | null | undefined;
}

/** Parsed changes of a user. */
export interface UserUpdate extends ProfileChanges {
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
  const profile = parseProfileChanges(input);
  const address = email == null ? undefined : parseEmail(email);
  const fields: InvalidField[] = profile.kind === 'invalid_input' ? [...profile.fields] : [];
  if (address === null) fields.push(invalidEmail(['email']));
  for (const field of ['email', 'roles', 'accountStatus'] as const)
    if (input[field] === null)
      fields.push({ path: [field], code: 'REQUIRED', message: 'This cannot be cleared.' });
  if (roles != null) fields.push(...invalidRoles(roles, roleCatalogue));
  if (profile.kind === 'invalid_input' || fields.length > 0) return { kind: 'invalid_input', fields };
  const update = {
    ...profile.changes,
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
