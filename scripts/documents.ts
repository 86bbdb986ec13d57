import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Documents that `npm run <script>` generates: the text of each file from its present text; null if that lacks the markers. */
export interface Documents {
  readonly script: string;
  readonly files: Readonly<Record<string, (present: string) => string | null>>;
}

/** Brings the documents in this folder up to date, or with `check` only compares them. Returns every problem. */
export function updateDocuments(folder: string, { script, files }: Documents, check: boolean): string[] {
  const problems: string[] = [];
  for (const [file, render] of Object.entries(files)) {
    const path = join(folder, file);
    const present = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const rendered = render(present);
    if (rendered === null) problems.push(`${file}: the markers around what is generated are missing`);
    else if (rendered === present) continue;
    else if (check) problems.push(`${file}: differs from what is generated; run npm run ${script}`);
    else writeFileSync(path, rendered);
  }
  return problems;
}

/** As `updateDocuments`, in this repository; with `--check` on the command line it only compares, and fails for a difference. */
export function runOnRepository(documents: Documents): void {
  const problems = updateDocuments(
    join(import.meta.dirname, '..'),
    documents,
    process.argv.includes('--check'),
  );
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}

export const markersOf = (part: string) => [`<!-- ${part}:start -->`, `<!-- ${part}:end -->`] as const;

/** `present` with this text between the markers of a part; null if it has no markers. */
export function betweenMarkers(present: string, part: string, text: string): string | null {
  const [startMarker, endMarker] = markersOf(part);
  const start = present.indexOf(startMarker);
  const end = present.indexOf(endMarker, start);
  if (start < 0 || end < 0) return null;
  return `${present.slice(0, start + startMarker.length)}\n${text}\n${present.slice(end)}`;
}

export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}
