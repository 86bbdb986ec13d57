import type { Scope } from '../../core/scopes.ts';

/** What a field requires: an authenticated caller, or one who holds all scopes of one of these lists. */
export type FieldRequirement = 'authenticated' | readonly (readonly Scope[])[];

/**
 * Protected fields (`Type.field`) and their requirements. It guards nothing, services do: routers may refuse earlier by
 * it, and tests compare it with the descriptions and with what is refused.
 *
 * No type is protected as a whole: a sign-in answers with a `User` and a `Session` to a caller without a credential, and
 * `_entities` has null for what is foreign.
 */
export type FieldScopes = Readonly<Record<string, FieldRequirement>>;
