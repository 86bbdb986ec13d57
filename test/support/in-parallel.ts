/** Works through `items`, a few at a time, until one fails; the outcomes are in the order of the items. */
export async function inParallel<Item, Outcome>(
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<Outcome>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const left = items.entries();
  let hasFailed = false;
  const lane = async () => {
    try {
      for (const [index, item] of left) {
        if (hasFailed) return;
        outcomes[index] = await work(item, index);
      }
    } catch (error) {
      hasFailed = true;
      throw error;
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return outcomes;
}

const LANES = 8;
