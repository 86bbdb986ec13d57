import type { EntityManager, EntitySchema } from 'typeorm';

/**
 * Runs a statement whose exact form matters (locks, conditional updates, the database's clock) and maps its rows as the
 * entity says. `beside` reads what the statement selects besides the entity's own columns.
 */
export async function mappedRows<Entity extends object, Raw extends object, Beside>(
  manager: EntityManager,
  entity: EntitySchema<Entity>,
  sql: string,
  parameters: readonly unknown[],
  beside: (raw: Raw) => Beside,
): Promise<(readonly [Entity, Beside])[]> {
  const answer: unknown = await manager.query(sql, [...parameters]);
  const { columns } = manager.dataSource.getMetadata(entity);
  return rowsOf(answer).map((raw) => {
    const values = columns.map((column) => [
      column.propertyName,
      (raw as Record<string, unknown>)[column.databaseName],
    ]);
    return [Object.fromEntries(values) as Entity, beside(raw as Raw)] as const;
  });
}

/** TypeORM answers UPDATE and DELETE with [rows, count], everything else with the rows. */
function rowsOf(answer: unknown): readonly object[] {
  const [first] = answer as unknown[];
  return (Array.isArray(first) ? first : answer) as readonly object[];
}
