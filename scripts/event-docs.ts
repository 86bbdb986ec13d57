// Writes what the catalogue of event types says into docs/events.md, between the markers.
//   node --import tsx scripts/event-docs.ts            writes
//   node --import tsx scripts/event-docs.ts --check    changes nothing; fails where it differs
import { readFileSync, writeFileSync } from 'node:fs';
import { eventCatalogue } from '../src/app/features/index.ts';
import type { EventKind } from '../src/core/event-kind.ts';

const FILE = 'docs/events.md';
const [START, END] = ['<!-- events:start -->', '<!-- events:end -->'];

const present = readFileSync(FILE, 'utf8');
const [start, end] = [present.indexOf(START), present.indexOf(END)];
if (start < 0 || end < start) throw new Error(`${FILE}: the lines ${START} and ${END} are missing`);
const rendered = `${present.slice(0, start + START.length)}\n${table()}\n${present.slice(end)}`;

if (!process.argv.includes('--check')) writeFileSync(FILE, rendered);
else if (rendered !== present) {
  console.error(`${FILE} is out of date: npm run event-docs`);
  process.exitCode = 1;
}

function table(): string {
  const rows = Object.entries(eventCatalogue)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([type, kind]) => [
      `\`${type}\``,
      kind.description,
      kind.outcome,
      kind.kept ? 'yes' : 'no',
      channelsOf(kind),
      factsOf(kind),
    ]);
  const head = ['Type', 'What happened', 'Outcome', 'Kept', 'Published on', 'Facts'];
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}

function channelsOf({ channel, streamedTo, revokes }: EventKind<never>): string {
  return [
    ...(channel === null ? [] : [`\`${channel}\``]),
    ...(streamedTo === undefined ? [] : ['session streams']),
    ...(revokes === undefined ? [] : ['`auth:revocations`']),
  ].join(', ');
}

function factsOf({ facts }: EventKind<never>): string {
  return Object.entries(facts)
    .map(([name, meaning]) => `\`${name}\`: ${meaning}`)
    .join('<br>');
}
