import { badUserInput } from '../../core/errors.ts';
import type { EventCatalogue, EventType } from '../../core/events.ts';
import { parseId, type UserId } from '../../core/ids.ts';
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
    subjectId: parseUserId('subjectId', subjectId),
    actorId: parseUserId('actorId', actorId),
    types: typesOf(catalogue, types ?? null, outcome ?? null),
    since: since ?? null,
    until: until ?? null,
  };
}

function parseUserId(name: string, text: string | null | undefined): UserId | null {
  const id = text == null ? null : parseId<UserId>(text);
  if (id === null && text != null) throw badUserInput(`filter.${name} is not the id of a user.`);
  return id;
}

/** An outcome is one of its types: an index of its own would serve nothing else. */
function typesOf(
  catalogue: EventCatalogue,
  names: readonly string[] | null,
  outcome: AuditOutcome | null,
): readonly EventType[] | null {
  if (names === null && outcome === null) return null;
  const kept = keptTypes(catalogue);
  const unknown = (names ?? []).some((name) => !(kept as readonly string[]).includes(name));
  if (unknown) throw badUserInput('filter.types has a type that the audit log does not have.');
  return kept.filter(
    (type) =>
      (names === null || names.includes(type)) && (outcome === null || catalogue[type].outcome === outcome),
  );
}

export function keptTypes(catalogue: EventCatalogue): readonly EventType[] {
  return (Object.keys(catalogue) as EventType[]).filter((type) => catalogue[type].kept);
}
