import { PATIENCE_MS } from './patience.ts';

/** Resolves when `condition` holds, which is asked again as soon as it has answered; rejects where that does not come. */
export async function eventually(
  condition: () => Promise<boolean>,
  patienceSeconds = PATIENCE_MS / 1_000,
): Promise<void> {
  const deadline = performance.now() + patienceSeconds * 1_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`this did not come true: ${condition}`);
  }
}
