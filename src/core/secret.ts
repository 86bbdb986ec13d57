import { inspect } from 'node:util';

/** A secret value that prints as `[secret]` in log lines, error messages, JSON and template strings. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value. Call where the secret is used; pass the `Secret` on otherwise. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}
