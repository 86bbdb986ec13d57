/** How long something took, again and again, in milliseconds. */
export class Latencies {
  readonly #name: string;
  readonly #values: number[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  add(milliseconds: number): void {
    this.#values.push(milliseconds);
  }

  /** The value that this share of all stays within (nearest rank): 0.5 is the median. */
  quantile(share: number): number {
    const sorted = this.#values.toSorted((a, b) => a - b);
    return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
  }

  /** Says the figures where somebody asked for the long form of the tests. */
  report(): this {
    if (process.env['NIGHTLY'] === '1') {
      const [p50, p99, max] = [0.5, 0.99, 1].map((share) => this.quantile(share).toFixed(1));
      process.stderr.write(
        `${this.#name}: ${this.#values.length} times, p50 ${p50} ms, p99 ${p99} ms, max ${max} ms\n`,
      );
    }
    return this;
  }
}
