import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { OverloadedError, UnavailableError } from '../../core/errors.ts';
import { FairQueue, type LanePath } from '../../core/fair-queue.ts';
import type { HashAlgorithm, HashScheme } from '../../core/hash-scheme.ts';
import { addressBucket } from '../../core/ip-address.ts';
import type { KeyDerivation } from '../../core/key-derivation.ts';
import { OperatorError } from '../../core/operator-error.ts';
import type { HashingTurn, Logger } from '../../core/ports.ts';
import type { EngineChoice, HashEngines, HashJob } from './hash-job.ts';

export interface HashingPoolOptions {
  /** Number of worker threads; more than the number of cores gain nothing. */
  readonly workers: number;
  /** Maximum expected wait of a job, in seconds; beyond it the job is refused (`HASH_QUEUE_SECONDS`). */
  readonly queueSeconds: number;
  /** The scheme of most jobs, used for the first estimate of a job's duration. */
  readonly scheme: HashScheme;
  /** What computes bcrypt. */
  readonly engine: EngineChoice;
  readonly logger: Logger;
}

/**
 * Computes password hashes in worker threads. Standings are served round robin, addresses within a standing likewise,
 * and subjects within an address. A job whose expected wait, at the recent pace, exceeds `queueSeconds` is refused at
 * once. So a flood of sign-ins slows only sign-ins, and one from few addresses mainly its own: its lanes are full and
 * refuse jobs, while the first job of another lane waits for one round.
 *
 * If N jobs run within `queueSeconds`, at most N jobs wait in a lane and at most N lanes are busy. Not all lanes can be
 * full at once, since each waits for the others: at most N·(1 + ln N)² jobs of each standing wait.
 */
export class HashingPool {
  readonly #options: HashingPoolOptions;
  /** Used instead of Piscina's own queue, which is FIFO and loses the order of cancellable jobs. */
  readonly #waiting = new FairQueue<WaitingJob>();
  #threads: Piscina<HashJob, unknown> | null = null;
  #started: Promise<HashEngines> | null = null;
  #engines: HashEngines | null = null;
  #running = 0;
  #meanJobSeconds = 0;
  #hashesStarted = 0;

  constructor(options: HashingPoolOptions) {
    this.#options = options;
  }

  /**
   * Starts and warms up every worker, and measures the duration of a hash. Returns what computes the hashes.
   *
   * @throws {OperatorError} if the scheme cannot be computed on this machine.
   */
  start(): Promise<HashEngines> {
    this.#started ??= this.#start();
    return this.#started;
  }

  async #start(): Promise<HashEngines> {
    const { workers, scheme, engine, logger } = this.#options;
    const threads = new Piscina<HashJob, unknown>({
      filename: fileURLToPath(WORKER_URL),
      minThreads: workers,
      maxThreads: workers,
      // Without the loader of this process, used when running from source.
      execArgv: [],
      workerData: { engine },
    });
    threads.on('error', (error) => logger.error({ error }, 'an idle hashing worker failed and is replaced'));

    const inEveryWorker = (job: HashJob) =>
      Promise.all(Array.from({ length: workers }, () => threads.run(job)));
    try {
      const engines = leastOf((await inEveryWorker({ kind: 'engines' })) as HashEngines[]);
      if (scheme.kind === 'argon2id' && engines.argon2id === 'none') throw withoutArgon2();
      await inEveryWorker({ kind: 'hash', input: 'warm-up', scheme: { kind: 'bcrypt', cost: 4 } });
      const startedAt = performance.now();
      await inEveryWorker({ kind: 'hash', input: 'calibration', scheme });
      this.#meanJobSeconds = secondsSince(startedAt);
      this.#engines = engines;
      this.#threads = threads;
      return engines;
    } catch (error) {
      await threads.destroy();
      throw error;
    }
  }

  /** Finishes running jobs and refuses waiting ones. */
  async stop(): Promise<void> {
    await this.#started?.catch(() => undefined);
    const threads = this.#threads;
    this.#threads = null;
    for (let job = this.#waiting.take(); job !== undefined; job = this.#waiting.take()) {
      this.#refuse(job, notRunning());
    }
    await threads?.close();
  }

  /** @throws {OverloadedError} at once if the expected wait is too long, or after waiting for twice the limit. */
  hash(input: string, scheme: HashScheme, turn: HashingTurn): Promise<string> {
    return this.#enqueue({ kind: 'hash', input, scheme }, turn) as Promise<string>;
  }

  /**
   * Whether `hash` is a hash of `input`, or of one of several. A mismatch does the work of one hash of each scheme of `least`,
   * of which `hash` itself is part if it is by bcrypt or Argon2, even if its parameters are lower.
   *
   * @throws {OverloadedError} as for `hash`.
   */
  compare(
    input: string | readonly string[],
    hash: string | KeyDerivation,
    least: readonly HashScheme[],
    turn: HashingTurn,
  ): Promise<boolean> {
    // To a suspicious caller the time must not tell that the password is right: the answer does not.
    const padsMatch = turn?.standing === 'suspicious';
    return this.#enqueue({ kind: 'compare', input, hash, least, padsMatch }, turn) as Promise<boolean>;
  }

  /** Whether hashes of the algorithm can be made and compared; known once started. */
  computes(algorithm: HashAlgorithm): boolean {
    return algorithm === 'bcrypt' || this.#engines?.argon2id === 'native';
  }

  /** Number of jobs started so far, comparisons included, refused ones excluded. */
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
      // The estimate can be too low, if jobs become slower or other lanes fill: limit the actual wait too.
      const patience = setTimeout(giveUp, 2 * this.#options.queueSeconds * 1000);
      const waiting: WaitingJob = { job, path, resolve, reject, patience };
      this.#waiting.add(waiting, path);
      this.#startWaiting();
    });
  }

  /** Expected wait, in seconds, of a job added to this lane now, with all workers in use. */
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
      // The abort signal replaces a worker that hangs, unless in native code. A worker that exits fails its job, and Piscina
      // starts another.
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

/** Networks, and subjects without an address, are on one level: they cannot collide. */
function lanePath(turn: HashingTurn): LanePath {
  if (turn === null) return ['operator', '', ''];
  const { standing, address, subject } = turn;
  const caller = address === null ? `subject ${subject}` : addressBucket(address);
  return [standing, caller, subject];
}

const WORKER_URL = new URL('./hash-worker.js', import.meta.url);

/** Far above the duration at any sensible cost. */
const LONGEST_JOB_SECONDS = 30;
/** Weight of the newest job in the moving average of about ten jobs. */
const NEWEST_WEIGHT = 0.1;

/** What every worker has. */
function leastOf(engines: readonly HashEngines[]): HashEngines {
  return {
    bcrypt: engines.every(({ bcrypt }) => bcrypt === 'native') ? 'native' : 'bcryptjs',
    argon2id: engines.every(({ argon2id }) => argon2id === 'native') ? 'native' : 'none',
  };
}

function withoutArgon2(): OperatorError {
  return new OperatorError(
    'PASSWORD_HASH is argon2id, but @node-rs/argon2 does not load and give the known answers on this machine: ' +
      'install it for this platform, or set PASSWORD_HASH to bcrypt.',
  );
}

function overloaded(waitSeconds: number): OverloadedError {
  return new OverloadedError(Math.max(1, Math.ceil(waitSeconds)));
}

function notRunning(): UnavailableError {
  return new UnavailableError(new Error('the hashing pool is not running'));
}

function secondsSince(startedAt: number): number {
  return (performance.now() - startedAt) / 1000;
}
