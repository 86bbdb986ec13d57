import { setTimeout } from 'node:timers/promises';
import { PATIENCE_MS } from './patience.ts';

/** Between two looks, so that waiting leaves the machine to what is waited for. */
const PAUSE_MS = 5;

/** Resolves when `condition` holds; rejects where that does not come. */
export async function eventually(
  condition: () => Promise<boolean>,
  patienceSeconds = PATIENCE_MS / 1_000,
): Promise<void> {
  const deadline = performance.now() + patienceSeconds * 1_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`this did not come true: ${condition}`);
    await setTimeout(PAUSE_MS);
  }
}
