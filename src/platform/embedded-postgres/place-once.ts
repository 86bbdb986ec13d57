import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Creates a folder under another name and renames it to `target`, which is thus complete or absent, also after an
 * interruption. Of two concurrent processes the first wins.
 */
export async function placeOnce(target: string, make: (staging: string) => Promise<void>): Promise<void> {
  removeLeftovers(target);
  if (isInPlace(target)) return;
  const staging = `${target}.new-${randomBytes(6).toString('hex')}`;
  try {
    await make(staging);
    renameSync(staging, target);
  } catch (error) {
    rmSync(staging, { recursive: true, force: true });
    if (!isInPlace(target)) throw error;
  }
}

function isInPlace(target: string): boolean {
  return existsSync(target) && readdirSync(target).length > 0;
}

// By age, not by process id: in a container the interrupted process and this one often have the same id.
const LEFTOVER_AGE_MS = 10 * 60_000;

function removeLeftovers(target: string): void {
  for (const name of readdirSync(dirname(target))) {
    if (!name.startsWith(`${basename(target)}.new-`)) continue;
    const leftover = join(dirname(target), name);
    const found = statSync(leftover, { throwIfNoEntry: false });
    if (found !== undefined && Date.now() - found.mtimeMs > LEFTOVER_AGE_MS) {
      rmSync(leftover, { recursive: true, force: true });
    }
  }
}
