/** Tells one listener that there is work. */
export class Signal {
  #listener: (() => void) | null = null;

  listen(listener: () => void): void {
    this.#listener = listener;
  }

  raise(): void {
    this.#listener?.();
  }
}
