import type { EntitySchema } from 'typeorm';
import type { UserId } from '../../core/ids.ts';
import type { Database } from './database.ts';
import { listOf } from './rows.ts';

/** The person whose data is exported. */
export interface Person {
  readonly id: UserId;
  readonly email: string;
  /** Canonical form of the address. */
  readonly emailKey: string;
  readonly username: string | null;
}

/** The rows of a table that are about one person. */
export interface PersonalRows {
  readonly entity: EntitySchema;
  readonly where: string;
  readonly parametersOf: (person: Person) => readonly unknown[];
  /** Properties that are left out, in JSON columns too: secrets, and what is derived from them. */
  readonly withheld?: readonly string[];
  /** Properties that are left out of one row beside these: what it says about somebody else. */
  withheldOf?(row: object, person: Person): readonly string[];
}

/** Rows per statement: one stays far below the statement timeout. */
const BATCH_SIZE = 1_000;

/** Reads all rows of a table about a person, in the order of their primary keys. */
export async function readPersonalRows(
  database: Database,
  { entity, where, parametersOf, withheld = [], withheldOf = () => [] }: PersonalRows,
  person: Person,
): Promise<object[]> {
  const { name, tableName = name, columns } = entity.options;
  const read = Object.entries(columns)
    .map(([property, column]) => [property, column?.name ?? property] as const)
    .filter(([property]) => !withheld.includes(property));
  const key = Object.keys(columns).find((property) => columns[property]?.primary) ?? '';
  const keyColumn = columns[key]?.name ?? key;
  const parameters = parametersOf(person);
  const position = `$${parameters.length + 1}`;
  const sql = `SELECT ${listOf(read)}, ${keyColumn}::text AS "position" FROM ${tableName}
    WHERE (${where}) AND (${position}::text IS NULL OR ${keyColumn}::text > ${position})
    ORDER BY ${keyColumn}::text LIMIT ${BATCH_SIZE}`;
  const result: object[] = [];
  for (let after: string | null = null; ; ) {
    const rows: { position: string }[] = await database.query(sql, [...parameters, after]);
    for (const { position: _, ...row } of rows)
      result.push(without(row, [...withheld, ...withheldOf(row, person)]));
    after = rows.at(-1)?.position ?? null;
    if (rows.length < BATCH_SIZE) return result;
  }
}

function without(row: object, withheld: readonly string[]): object {
  return JSON.parse(JSON.stringify(row, (name, value) => (withheld.includes(name) ? undefined : value)));
}
