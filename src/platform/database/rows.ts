/** Properties of an entity and the columns that hold them. */
export type Columns = readonly (readonly [property: string, column: string])[];

/** The columns as a list for SELECT or RETURNING. Never `*`: a statement that was prepared fails once a column is added. */
export function listOf(columns: Columns): string {
  return columns.map(([, column]) => column).join(', ');
}

/** The entity of a row that has these columns. */
export function entityOf<Entity>(columns: Columns, row: object): Entity {
  const entity: Record<string, unknown> = {};
  for (const [property, column] of columns) entity[property] = (row as Record<string, unknown>)[column];
  return entity as Entity;
}
