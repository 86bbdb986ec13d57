import type { InvalidField, InvalidInput } from '../../core/invalid-field.ts';
import { invalidScopes, MAX_SCOPES, tooManyScopes } from '../../core/invalid-scopes.ts';
import type { RoleCatalogue } from '../../core/role-catalogue.ts';
import type { ScopeName } from '../../core/scopes.ts';
import { invalidDisplayName, parseDisplayName } from '../users/index.ts';

export interface TokenInput {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly expiresInDays: number;
}

/** Valid input. */
export interface TokenSpecification {
  readonly name: string;
  readonly scopes: readonly ScopeName[];
  readonly lifetimeSeconds: number;
}

type TokenParsing = { readonly kind: 'parsed'; readonly specification: TokenSpecification } | InvalidInput;

interface Rules {
  readonly roleCatalogue: RoleCatalogue;
  /** Roles of the token's owner, which limit its scopes. */
  readonly ownersRoles: readonly string[];
  readonly maxDays: number;
}

/** Parses the input of a new token. There is no wildcard for all scopes; an empty list is invalid. */
export function parseTokenInput(
  input: TokenInput,
  { roleCatalogue, ownersRoles, maxDays }: Rules,
): TokenParsing {
  if (input.scopes.length > MAX_SCOPES) return { kind: 'invalid_input', fields: [tooManyScopes] };
  const name = parseDisplayName(input.name);
  const grantable = roleCatalogue.scopesOf(ownersRoles);
  const fields = [
    ...(name === null ? [invalidDisplayName(['name'])] : []),
    ...ungrantableScopes(input.scopes, grantable, roleCatalogue, 'You do not hold this scope yourself.'),
  ];
  if (!(input.expiresInDays >= 1 && input.expiresInDays <= maxDays)) {
    const message = `A token is valid for 1 to ${maxDays} days.`;
    fields.push({ path: ['expiresInDays'], code: 'OUT_OF_RANGE', message });
  }
  if (name === null || fields.length > 0) return { kind: 'invalid_input', fields };
  const scopes = [...new Set(input.scopes)];
  return { kind: 'parsed', specification: { name, scopes, lifetimeSeconds: input.expiresInDays * 86_400 } };
}

/** The errors of a list of scopes, each of which must be known and grantable. */
export function ungrantableScopes(
  scopes: readonly string[],
  grantable: ReadonlySet<ScopeName>,
  roleCatalogue: RoleCatalogue,
  refusal: string,
): InvalidField[] {
  return invalidScopes(scopes, (scope) => {
    if (roleCatalogue.describe(scope) === null)
      return { code: 'UNKNOWN_SCOPE', message: 'There is no such scope.' };
    return grantable.has(scope) ? null : { code: 'SCOPE_NOT_GRANTABLE', message: refusal };
  });
}
