import type { Scope } from '../../core/scopes.ts';

/** A field's requirement: an authenticated caller, or one with all scopes of at least one of the lists. */
export type FieldRequirement = 'authenticated' | readonly (readonly Scope[])[];

/**
 * Protected fields (`Type.field`) and their requirements. Services enforce them; this catalogue lets routers refuse
 * earlier, and tests compare it with the descriptions and with actual refusals.
 *
 * No type is protected as a whole: a sign-in returns `User` and `Session` to an anonymous caller, and `_entities`
 * returns null for entities that the caller may not read.
 */
export type FieldScopes = Readonly<Record<string, FieldRequirement>>;
