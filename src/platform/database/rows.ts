/** Properties of an entity and the columns that hold them. */
export type Columns = readonly (readonly [property: string, column: string])[];

/**
 * The columns as a list for SELECT or RETURNING, named by their properties, so that a row is an entity. Never `*`: a
 * statement that was prepared fails once a column is added.
 */
export function listOf(columns: Columns): string {
  return columns
    .map(([property, column]) => (property === column ? column : `${column} AS "${property}"`))
    .join(', ');
}
