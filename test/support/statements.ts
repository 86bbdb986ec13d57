import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/**
 * The SQL statements that read or write `table` while `work` runs, by all instances of this process. Other tables have
 * work in the background, of which no request knows.
 */
export async function statementsOn(table: string, work: () => Promise<unknown>): Promise<string[]> {
  const names = new RegExp(`\\b(FROM|JOIN|INTO|UPDATE) ${table}\\b`);
  return (await statementsDuring(work)).filter((statement) => names.test(statement) && !isOfRelay(statement));
}

/** Whether the relay of events sends it in the background: it records what has been published a moment before. */
export function isOfRelay(statement: string): boolean {
  return /DELETE FROM event_outbox|FOR UPDATE OF o/.test(statement);
}

/** All SQL statements while `work` runs, those of work in the background included. */
export async function statementsDuring(work: () => Promise<unknown>): Promise<string[]> {
  const statements: string[] = [];
  const note = (statement: unknown) => statements.push(String(statement));
  subscribe('latchkey:sql', note);
  try {
    await work();
  } finally {
    unsubscribe('latchkey:sql', note);
  }
  return statements;
}
