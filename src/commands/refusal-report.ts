import { open } from 'node:fs/promises';
import type { RefusedRecord } from '../core/file-record.ts';
import { OperatorError } from '../core/operator-error.ts';

/** Where refused lines go: a file of JSON lines, or, of the first, standard error. */
export interface RefusalReport {
  add(refused: readonly RefusedRecord[]): Promise<void>;
  close(): Promise<void>;
}

const MAX_SHOWN = 20;

export async function openReport(path: string | undefined): Promise<RefusalReport> {
  if (path === undefined) return shownAtTheEnd();
  const file = await open(path, 'w').catch((error: Error) => {
    throw new OperatorError(`Cannot write the report: ${error.message}`);
  });
  return {
    add: async (refused) => {
      const lines = refused.map(({ line, reason }) => `${JSON.stringify({ line, reason })}\n`);
      if (lines.length > 0) await file.appendFile(lines.join(''));
    },
    close: () => file.close(),
  };
}

function shownAtTheEnd(): RefusalReport {
  const first: RefusedRecord[] = [];
  let count = 0;
  return {
    add: async (refused) => {
      first.push(...refused.slice(0, MAX_SHOWN - first.length));
      count += refused.length;
    },
    close: async () => {
      for (const { line, reason } of first) console.error(`Line ${line}: ${reason}`);
      if (count > first.length)
        console.error(`… and ${count - first.length} more: --report <file> lists all.`);
    },
  };
}
