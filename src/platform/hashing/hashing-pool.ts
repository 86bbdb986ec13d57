import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { OverloadedError, UnavailableError } from '../../core/errors.ts';
import { FairQueue, type LanePath } from '../../core/fair-queue.ts';
import { addressBucket } from '../../core/ip-address.ts';
import type { HashingTurn, Logger } from '../../core/ports.ts';
import type { HashJob } from './hash-job.ts';

export interface HashingPoolOptions {
  /** Threads that hash; more than there are cores make nothing faster. */
  readonly workers: number;
  /** How long a job may be expected to wait for its turn before it is refused (`HASH_QUEUE_SECONDS`). */
  readonly queueSeconds: number;
  /** The bcrypt cost of most jobs: what the first estimate of a job's duration is measured with. */
  readonly cost: number;
  readonly logger: Logger;
}

/**
 * Computes bcrypt in worker threads, by turns: of one address after the other and, within an address, of one subject
 * after the other. A job whose turn is not expected within `queueSeconds`, at the pace of late, is refused at once. So a
 * storm of sign-ins slows sign-ins and nothing else, and one from few addresses slows its own first: its lanes are full
 * and refuse what it sends, while the first job of another lane waits for one round.
 *
 * Where `queueSeconds` are worth N jobs, no more than N wait in a lane and no more than N lanes are busy. All lanes cannot
 * be full at once, for each waits for the others: in all there are at most N·(1 + ln N)².
 */
export class HashingPool {
  readonly #options: HashingPoolOptions;
  /** Piscina's own queue stays empty: it would be first come, first served, and lose the order of jobs that can be cancelled. */
  readonly #waiting = new FairQueue<WaitingJob>();
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
      // Without the loader that runs this process from source.
      execArgv: [],
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
    for (let job = this.#waiting.take(); job !== undefined; job = this.#waiting.take()) {
      this.#refuse(job, notRunning());
    }
    await threads?.close();
  }

  /** @throws {OverloadedError} at once when its turn is too far away, or after waiting twice as long as allowed. */
  hash(input: string, cost: number, turn: HashingTurn): Promise<string> {
    return this.#enqueue({ kind: 'hash', input, cost }, turn) as Promise<string>;
  }

  /**
   * Whether `hash` was made of `input`. A mismatch takes the work of `leastCost` even where `hash` was
   * made with less.
   *
   * @throws {OverloadedError} as for `hash`.
   */
  compare(input: string, hash: string, leastCost: number, turn: HashingTurn): Promise<boolean> {
    return this.#enqueue({ kind: 'compare', input, hash, leastCost }, turn) as Promise<boolean>;
  }

  /** Jobs given to a worker so far, comparisons included; what is refused before hashing is not among them. */
  get hashesStarted(): number {
    return this.#hashesStarted;
  }

  get jobsWaiting(): number {
    return this.#waiting.size;
  }

  async #enqueue(job: HashJob, turn: HashingTurn): Promise<unknown> {
    if (this.#threads === null) throw notRunning();
    const path = lanePath(turn);
    const waitSeconds = this.#expectedWaitSeconds(path);
    if (waitSeconds > this.#options.queueSeconds) throw overloaded(waitSeconds);

    return new Promise((resolve, reject) => {
      const giveUp = () => this.#refuse(waiting, overloaded(this.#expectedWaitSeconds(path)));
      // The expectation fails when jobs suddenly take longer, or other lanes fill. Nobody waits on and on for that.
      const patience = setTimeout(giveUp, 2 * this.#options.queueSeconds * 1000);
      const waiting: WaitingJob = { job, path, resolve, reject, patience };
      this.#waiting.add(waiting, path);
      this.#startWaiting();
    });
  }

  /** How long a job that came to this lane now would wait: each worker takes its share of those before it. */
  #expectedWaitSeconds(path: LanePath): number {
    const { workers } = this.#options;
    if (this.#running < workers) return 0;
    return ((this.#waiting.itemsBefore(path) + 1) * this.#meanJobSeconds) / workers;
  }

  #startWaiting(): void {
    while (this.#threads !== null && this.#running < this.#options.workers) {
      const waiting = this.#waiting.take();
      if (waiting === undefined) return;
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
    this.#waiting.remove(waiting, waiting.path);
    clearTimeout(waiting.patience);
    waiting.reject(reason);
  }
}

interface WaitingJob {
  readonly job: HashJob;
  readonly path: LanePath;
  readonly resolve: (result: unknown) => void;
  readonly reject: (reason: unknown) => void;
  readonly patience: NodeJS.Timeout;
}

/** Keys of three kinds share the first level: networks, subjects without an address, the operator. No two look alike. */
function lanePath(turn: HashingTurn): LanePath {
  if (turn === null) return ['operator', ''];
  const { address, subject } = turn;
  return address === null ? [`subject ${subject}`, subject] : [addressBucket(address), subject];
}

const WORKER_URL = new URL('./hash-worker.js', import.meta.url);

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
