import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { OverloadedError, UnavailableError } from '../../core/errors.ts';
import type { Logger } from '../../core/ports.ts';
import type { HashJob } from './hash-worker.ts';

export interface HashingPoolOptions {
  /** Threads that hash; more than there are cores make nothing faster. */
  readonly workers: number;
  /** How long a job may be expected to wait for a worker before it is refused (`HASH_QUEUE_SECONDS`). */
  readonly queueSeconds: number;
  /** The bcrypt cost of most jobs: what the first estimate of a job's duration is measured with. */
  readonly cost: number;
  readonly logger: Logger;
}

/**
 * Computes bcrypt in worker threads, first come, first served. When the queue is longer than can be worked
 * off in `queueSeconds`, at the pace of late, a job is refused at once: a storm of sign-ins slows sign-ins
 * and nothing else.
 */
export class HashingPool {
  readonly #options: HashingPoolOptions;
  /** In order of arrival. Piscina's own queue stays empty: it loses the order of jobs that can be cancelled. */
  readonly #waiting = new Set<WaitingJob>();
  #threads: Piscina<HashJob, unknown> | null = null;
  #running = 0;
  #meanJobSeconds = 0;
  #hashesStarted = 0;

  constructor(options: HashingPoolOptions) {
    this.#options = options;
  }

  /** Starts and warms every worker, and measures how long a hash takes. */
  async start(): Promise<void> {
    const { workers, cost, logger } = this.#options;
    const threads = new Piscina<HashJob, unknown>({
      filename: fileURLToPath(WORKER_URL),
      minThreads: workers,
      maxThreads: workers,
      ...(RUNS_FROM_SOURCE && { execArgv: ['--import', 'tsx'] }),
    });
    threads.on('error', (error) =>
      logger.error({ error }, 'An idle hashing worker failed; another takes its place.'),
    );

    const inEveryWorker = (job: HashJob) =>
      Promise.all(Array.from({ length: workers }, () => threads.run(job)));
    await inEveryWorker({ kind: 'hash', input: 'warm-up', cost: 4 });
    const startedAt = performance.now();
    await inEveryWorker({ kind: 'hash', input: 'calibration', cost });
    this.#meanJobSeconds = secondsSince(startedAt);
    this.#threads = threads;
  }

  /** Finishes what runs and turns away what waits. */
  async stop(): Promise<void> {
    const threads = this.#threads;
    this.#threads = null;
    for (const job of this.#waiting) this.#refuse(job, notRunning());
    await threads?.close();
  }

  /** @throws {OverloadedError} at once when the queue is full, or after waiting twice as long as allowed. */
  hash(input: string, cost: number): Promise<string> {
    return this.#enqueue({ kind: 'hash', input, cost }) as Promise<string>;
  }

  /**
   * Whether `hash` was made of `input`. A mismatch takes the work of `leastCost` even where `hash` was
   * made with less.
   *
   * @throws {OverloadedError} as for `hash`.
   */
  compare(input: string, hash: string, leastCost: number): Promise<boolean> {
    return this.#enqueue({ kind: 'compare', input, hash, leastCost }) as Promise<boolean>;
  }

  /** Jobs given to a worker so far, comparisons included; what is refused before hashing is not among them. */
  get hashesStarted(): number {
    return this.#hashesStarted;
  }

  get jobsWaiting(): number {
    return this.#waiting.size;
  }

  async #enqueue(job: HashJob): Promise<unknown> {
    if (this.#threads === null) throw notRunning();
    const waitSeconds = this.#expectedWaitSeconds();
    if (waitSeconds > this.#options.queueSeconds) throw overloaded(waitSeconds);

    return new Promise((resolve, reject) => {
      const giveUp = () => this.#refuse(waiting, overloaded(this.#expectedWaitSeconds()));
      // The expectation fails when jobs suddenly take longer. Nobody waits on and on for that.
      const patience = setTimeout(giveUp, 2 * this.#options.queueSeconds * 1000);
      const waiting: WaitingJob = { job, resolve, reject, patience };
      this.#waiting.add(waiting);
      this.#startWaiting();
    });
  }

  /** How long a job that came now would wait: each worker takes its share of those before it. */
  #expectedWaitSeconds(): number {
    const { workers } = this.#options;
    if (this.#running < workers) return 0;
    return ((this.#waiting.size + 1) * this.#meanJobSeconds) / workers;
  }

  #startWaiting(): void {
    for (const waiting of this.#waiting) {
      if (this.#threads === null || this.#running >= this.#options.workers) return;
      this.#waiting.delete(waiting);
      clearTimeout(waiting.patience);
      void this.#run(this.#threads, waiting);
    }
  }

  async #run(threads: Piscina<HashJob, unknown>, { job, resolve, reject }: WaitingJob): Promise<void> {
    this.#running += 1;
    this.#hashesStarted += 1;
    const startedAt = performance.now();
    try {
      // A worker that hangs is replaced. One that dies fails its job, and Piscina starts another.
      resolve(await threads.run(job, { signal: AbortSignal.timeout(LONGEST_JOB_SECONDS * 1000) }));
      this.#meanJobSeconds += NEWEST_WEIGHT * (secondsSince(startedAt) - this.#meanJobSeconds);
    } catch (error) {
      reject(error);
    } finally {
      this.#running -= 1;
      this.#startWaiting();
    }
  }

  #refuse(waiting: WaitingJob, reason: Error): void {
    this.#waiting.delete(waiting);
    clearTimeout(waiting.patience);
    waiting.reject(reason);
  }
}

interface WaitingJob {
  readonly job: HashJob;
  readonly resolve: (result: unknown) => void;
  readonly reject: (reason: unknown) => void;
  readonly patience: NodeJS.Timeout;
}

/** From source (tsx, jest) the worker is TypeScript and needs the loader; built, it is JavaScript. */
const RUNS_FROM_SOURCE = import.meta.url.endsWith('.ts');
const WORKER_URL = new URL(`./hash-worker.${RUNS_FROM_SOURCE ? 'ts' : 'js'}`, import.meta.url);

/** Far beyond any cost that is sensible. */
const LONGEST_JOB_SECONDS = 30;
/** The share of the newest job in the mean: the last ten or so decide. */
const NEWEST_WEIGHT = 0.1;

function overloaded(waitSeconds: number): OverloadedError {
  return new OverloadedError(Math.max(1, Math.ceil(waitSeconds)));
}

function notRunning(): UnavailableError {
  return new UnavailableError(new Error('the hashing pool is not running'));
}

function secondsSince(startedAt: number): number {
  return (performance.now() - startedAt) / 1000;
}
