// Writes what the catalogue of event types says into docs/events.md, between the markers.
import { eventCatalogue } from '../src/app/features/index.ts';
import type { EventKind } from '../src/core/event-kind.ts';
import { betweenMarkers, markdownTable, runOnRepository } from './documents.ts';

runOnRepository({
  script: 'event-docs',
  files: { 'docs/events.md': (present) => betweenMarkers(present, 'events', table()) },
});

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
  return markdownTable(['Type', 'What happened', 'Outcome', 'Kept', 'Published on', 'Facts'], rows);
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
