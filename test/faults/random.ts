import fc from 'fast-check';

/** Numbers that a seed determines. */
export interface Random {
  /** A whole number from `least` to `most`. */
  integer(least: number, most: number): number;
  pick<Item>(items: readonly Item[]): Item;
}

const DRAWN_AT_ONCE = 1_000;
const MOST = 2 ** 31 - 1;

export function createRandom(seed: number): Random {
  let drawn: number[] = [];
  let turn = 0;
  const next = () => {
    if (drawn.length === 0) {
      drawn = fc.sample(fc.integer({ min: 0, max: MOST }), { seed: seed + turn, numRuns: DRAWN_AT_ONCE });
      turn += 1;
    }
    return (drawn.pop() as number) / (MOST + 1);
  };
  const integer = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  return { integer, pick: (items) => items[integer(0, items.length - 1)] as (typeof items)[number] };
}
