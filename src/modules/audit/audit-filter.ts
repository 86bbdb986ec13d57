import { badUserInput } from '../../core/errors.ts';
import type { EventCatalogue, EventType } from '../../core/events.ts';
import { requireId } from '../../core/require-id.ts';
import type { AuditFilter } from './audit.store.ts';
import type { AuditOutcome } from './audit-event.ts';

interface AuditFilterInput {
  readonly subjectId?: string | null | undefined;
  readonly actorId?: string | null | undefined;
  readonly types?: readonly string[] | null | undefined;
  readonly outcome?: AuditOutcome | null | undefined;
  readonly since?: Date | null | undefined;
  readonly until?: Date | null | undefined;
}

/** @throws {PublicError} BAD_USER_INPUT for a malformed id or an unknown type, which would silently match nothing. */
export function parseAuditFilter(
  catalogue: EventCatalogue,
  input: AuditFilterInput | null | undefined,
): AuditFilter {
  const { subjectId, actorId, types, outcome, since, until } = input ?? {};
  return {
    subjectId: subjectId == null ? null : requireId('User', subjectId, 'filter.subjectId'),
    actorId: actorId == null ? null : requireId('User', actorId, 'filter.actorId'),
    types: requireTypes(catalogue, types ?? null, outcome ?? null),
    since: since ?? null,
    until: until ?? null,
  };
}

function requireTypes(...given: Parameters<typeof typesOf>): AuditFilter['types'] {
  const result = typesOf(...given);
  if (result.kind === 'unknown_type')
    throw badUserInput('filter.types has a type that the audit log does not have.');
  return result.types;
}

/** A type that the audit log does not have. */
export interface UnknownType {
  readonly kind: 'unknown_type';
  readonly type: string;
}

/** The event types of these names and of this outcome, which each type has one of; null stands for all. */
export function typesOf(
  catalogue: EventCatalogue,
  names: readonly string[] | null,
  outcome: AuditOutcome | null,
): UnknownType | { readonly kind: 'types'; readonly types: AuditFilter['types'] } {
  if (names === null && outcome === null) return { kind: 'types', types: null };
  const kept = keptTypes(catalogue);
  const unknown = names?.find((name) => !(kept as readonly string[]).includes(name));
  if (unknown !== undefined) return { kind: 'unknown_type', type: unknown };
  const types = kept.filter(
    (type) =>
      (names === null || names.includes(type)) && (outcome === null || catalogue[type].outcome === outcome),
  );
  return { kind: 'types', types };
}

export function keptTypes(catalogue: EventCatalogue): readonly EventType[] {
  return (Object.keys(catalogue) as EventType[]).filter((type) => catalogue[type].kept);
}
