import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { decode, encode, type SourceMapSegment } from '@jridgewell/sourcemap-codec';

const REPOSITORY = join(import.meta.dirname, '..');

/**
 * Leaves our own sources in the source maps of a bundle. Node.js reads all maps at its start, and decodes one at the first error
 * that is logged: with the packages this takes half a second, in which no request is answered, and 70 MB. A stack still names the
 * functions of packages.
 */
export function trimSourceMaps(folder: string): void {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.map'))) {
    const path = join(folder, name);
    const map = JSON.parse(readFileSync(path, 'utf8')) as { sources: string[]; mappings: string };
    const kept = [...map.sources.entries()].filter(([, source]) => isOurs(resolve(folder, source)));
    const indexes = new Map(kept.map(([before], after) => [before, after]));
    const mappings = encode(decode(map.mappings).map((line) => trimLine(line, indexes)));
    writeFileSync(path, JSON.stringify({ ...map, sources: kept.map(([, source]) => source), mappings }));
  }
}

/** Some packages have maps of their own, by which their sources seem to be in our `src`. */
function isOurs(path: string): boolean {
  return !path.startsWith(join(REPOSITORY, 'node_modules')) && existsSync(path);
}

/** `indexes`: the new indexes of the sources that are kept. */
function trimLine(
  line: readonly SourceMapSegment[],
  indexes: ReadonlyMap<number, number>,
): SourceMapSegment[] {
  const trimmed: SourceMapSegment[] = [];
  for (const segment of line) {
    const [column, source = -1, ...position] = segment;
    const index = indexes.get(source);
    if (index !== undefined) trimmed.push([column, index, ...position] as SourceMapSegment);
    // A segment without a source ends the one before.
    else if (trimmed.at(-1)?.length !== 1) trimmed.push([column]);
  }
  return trimmed;
}
