/** Resolves when `condition` holds, which is asked again as soon as it has answered; rejects when that takes too long. */
export async function eventually(condition: () => Promise<boolean>, withinSeconds = 5): Promise<void> {
  const deadline = performance.now() + withinSeconds * 1000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`this did not come true within ${withinSeconds} s`);
  }
}
