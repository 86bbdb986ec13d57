/** One line of the table. */
export interface Row {
  readonly what: string;
  readonly value: number;
  readonly unit?: 'ratio' | 'ms' | 'MB' | 's' | 'count';
  /** What we promise, where we promise something. */
  readonly atLeast?: number;
  readonly atMost?: number;
  /** The figures behind it. */
  readonly raw: string;
}

/** Where the benchmark's servers find what they need. */
export interface Surroundings {
  /** A migrated database of the case's own. */
  createDatabase(): Promise<string>;
  readonly redisUrl: string;
}

export type Case = (surroundings: Surroundings) => Promise<Row[]>;

export function passes({
  value,
  atLeast = Number.NEGATIVE_INFINITY,
  atMost = Number.POSITIVE_INFINITY,
}: Row): boolean {
  return value >= atLeast && value <= atMost;
}
