// Writes what the settings catalogue says into README.md (between the markers) and .env.example.
//   node --import tsx scripts/config-docs.ts            writes
//   node --import tsx scripts/config-docs.ts --check    changes nothing; fails where they differ
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { settingsInOrder } from '../src/config/read-settings.ts';
import type { Setting } from '../src/config/setting.ts';

export const startMarker = '<!-- configuration:start -->';
export const endMarker = '<!-- configuration:end -->';

/** Brings the documents in this folder up to date, or with `check` only compares them. Returns every problem. */
export function documentConfiguration(folder: string, { check }: { readonly check: boolean }): string[] {
  const problems: string[] = [];
  for (const [file, render] of documents) {
    const path = join(folder, file);
    const present = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const rendered = render(present);
    if (rendered === null) problems.push(`${file}: the lines ${startMarker} and ${endMarker} are missing`);
    else if (rendered === present) continue;
    else if (check) problems.push(`${file}: differs from the settings catalogue; run scripts/config-docs.ts`);
    else writeFileSync(path, rendered);
  }
  return problems;
}

const documents: readonly (readonly [string, (present: string) => string | null])[] = [
  ['README.md', betweenMarkers],
  ['.env.example', envExample],
];

function betweenMarkers(present: string): string | null {
  const start = present.indexOf(startMarker);
  const end = present.indexOf(endMarker, start);
  if (start < 0 || end < 0) return null;
  return `${present.slice(0, start + startMarker.length)}\n${table()}\n${present.slice(end)}`;
}

function table(): string {
  const rows = settingsInOrder().map(([name, setting]) => {
    const names = setting.secret ? `\`${name}\`, \`${name}_FILE\`` : `\`${name}\``;
    return [names, markdownDefault(setting), setting.accepts.words, setting.about];
  });
  const lines = [['Setting', 'Default', 'Accepts', 'What it is'], ['---', '---', '---', '---'], ...rows];
  return lines
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}

function markdownDefault(setting: Setting<unknown>): string {
  const text =
    typeof setting.default === 'string' && setting.default !== '' ? `\`${setting.default}\`` : null;
  return `${text ?? defaultWords(setting)}${setting.required ? '; **must be given in production**' : ''}`;
}

function envExample(): string {
  const entries = settingsInOrder().map(([name, setting]) => {
    const fixed = typeof setting.default === 'string' ? setting.default : '';
    const origin = fixed === '' ? `# Default: ${defaultWords(setting)}.\n` : '';
    const required = setting.required ? '# Must be given in production.\n' : '';
    return `# ${setting.about}\n# Accepts ${setting.accepts.words}.\n${origin}${required}#${name}=${fixed}\n`;
  });
  return `${ENV_HEADER}\n${entries.join('\n')}`;
}

function defaultWords(setting: Setting<unknown>): string {
  if (setting.generate !== undefined) return 'generated into DATA_DIR';
  return typeof setting.default === 'object' ? setting.default.words : setting.default || 'none';
}

const ENV_HEADER = `# Every setting of Latchkey with its default: generated from the settings catalogue, so edit a copy.
# Outside production nothing needs to be set. To set something, copy this file and remove the # before the name.
# Beside DATABASE_URL, REDIS_URL and every secret stands NAME_FILE: the path of a file that holds the value.
`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const problems = documentConfiguration(root, { check: process.argv.includes('--check') });
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
