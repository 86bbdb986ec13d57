import type { EntityManager, EntityMetadata, EntityTarget } from 'typeorm';

type RawRow = Readonly<Record<string, unknown>>;

/**
 * Runs a statement whose exact form matters (locks, conditional updates, the database's clock) and maps its rows to the
 * entity; `entity` is a name if another module owns it. `beside` reads additional columns of a row.
 */
export async function mappedRows<Entity extends object, Raw extends object, Beside>(
  manager: EntityManager,
  entity: EntityTarget<Entity>,
  sql: string,
  parameters: readonly unknown[],
  beside: (raw: Raw) => Beside,
): Promise<(readonly [Entity, Beside])[]> {
  const answer: unknown = await manager.query(sql, [...parameters]);
  const columns = columnsOf(manager.dataSource.getMetadata(entity));
  return rowsOf(answer).map((raw) => {
    const mapped: Record<string, unknown> = {};
    for (const [property, column] of columns) mapped[property] = (raw as RawRow)[column];
    return [mapped as Entity, beside(raw as Raw)] as const;
  });
}

/** TypeORM returns [rows, count] for UPDATE and DELETE, and rows otherwise. */
function rowsOf(answer: unknown): readonly object[] {
  const [first] = answer as unknown[];
  return (Array.isArray(first) ? first : answer) as readonly object[];
}

/** Cached, since TypeORM computes it at each access and up to a thousand rows are mapped at once. */
function columnsOf(metadata: EntityMetadata): readonly (readonly [property: string, column: string])[] {
  const known = columnsByEntity.get(metadata);
  if (known !== undefined) return known;
  const columns = metadata.columns.map(
    ({ propertyName, databaseName }) => [propertyName, databaseName] as const,
  );
  columnsByEntity.set(metadata, columns);
  return columns;
}

const columnsByEntity = new WeakMap<EntityMetadata, readonly (readonly [string, string])[]>();
