import type { InvalidField } from './invalid-field.ts';

/** Every invalid scope is reported: without a limit, a response could be many times as large as its request. */
export const MAX_SCOPES = 100;

export const tooManyScopes: InvalidField = {
  path: ['scopes'],
  code: 'TOO_LONG',
  message: `At most ${MAX_SCOPES} scopes.`,
};

/** The errors of a list of scopes. There is no wildcard; an empty list is invalid. `faultOf`: what is wrong with one; null if nothing is. */
export function invalidScopes(
  scopes: readonly string[],
  faultOf: (scope: string) => Pick<InvalidField, 'code' | 'message'> | null,
): InvalidField[] {
  if (scopes.length > MAX_SCOPES) return [tooManyScopes];
  if (scopes.length === 0)
    return [{ path: ['scopes'], code: 'REQUIRED', message: 'Choose at least one scope.' }];
  return scopes.flatMap((scope, index): InvalidField[] => {
    const fault = faultOf(scope);
    return fault === null ? [] : [{ path: ['scopes', String(index)], ...fault }];
  });
}
