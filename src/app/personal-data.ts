import { system } from '../core/actor.ts';
import { eventBy } from '../core/events.ts';
import { emailKeyOf, findByText } from '../modules/users/index.ts';
import { readPersonalRows } from '../platform/database/personal-rows.ts';
import { personalEvents } from '../platform/events/personal-events.ts';
import { features } from './features/index.ts';
import { userStore } from './features/shared.ts';
import type { Parts } from './parts.ts';

/** The tables that hold data of persons, and which of their rows are about one. */
export const personalData = (parts: Parts) => [
  ...features.flatMap((feature) => feature.personalData?.(parts) ?? []),
  personalEvents,
];

/**
 * All that is stored about a person, by table, without secrets; null if there is no such account. That it was exported is in the audit
 * log.
 */
export async function exportPersonalData(
  parts: Parts,
  identifier: string,
): Promise<Record<string, object[]> | null> {
  const { database, events } = parts;
  const user = await findByText(parts.get(userStore), identifier);
  if (user === null) return null;
  const person = { ...user, emailKey: emailKeyOf(user) };
  const exported: Record<string, object[]> = {};
  for (const rows of personalData(parts)) {
    const table = rows.entity.options.tableName ?? rows.entity.options.name;
    exported[table] = await readPersonalRows(database, rows, person);
  }
  await database.run(() => events.record(eventBy(system, 'user.data_exported', { userId: user.id })));
  return exported;
}
