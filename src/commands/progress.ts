import { SingleBar } from 'cli-progress';

export interface Progress {
  /** Shows how much of the file was read, and `words`. */
  show(bytesRead: number, words: string): void;
  stop(): void;
}

const LINE_INTERVAL_MS = 10_000;

/** Progress on standard error: a bar on a terminal; otherwise, or if the size is unknown, a line each ten seconds. */
export function createProgress(size: number | null): Progress {
  return process.stderr.isTTY && size !== null && size > 0 ? bar(size) : lines();
}

function bar(size: number): Progress {
  const shown = new SingleBar({
    format: '{bar} {percentage} % {words}',
    stream: process.stderr,
    hideCursor: true,
    // The command ends by itself.
    gracefulExit: false,
  });
  shown.start(size, 0, { words: '' });
  return {
    show: (bytesRead, words) => shown.update(Math.min(bytesRead, size), { words }),
    stop: () => shown.stop(),
  };
}

function lines(): Progress {
  let next = performance.now() + LINE_INTERVAL_MS;
  return {
    show: (_bytesRead, words) => {
      if (performance.now() < next) return;
      next = performance.now() + LINE_INTERVAL_MS;
      console.error(words);
    },
    stop: () => undefined,
  };
}
