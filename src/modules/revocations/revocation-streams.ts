import type { Clock } from '../../core/clock.ts';
import { PublicError, UnavailableError } from '../../core/errors.ts';
import type { ServiceClientId } from '../../core/ids.ts';
import { PushStream } from '../../core/push-stream.ts';
import type { Revocation } from '../../core/revocation.ts';
import type { RevocationStore } from './revocation.store.ts';
import { OVERLAP_SECONDS, type RevocationFeed } from './revocation-feed.ts';
import type { Revocations } from './revocations.ts';

/** What is told to a verifier. `at`: all revocations up to then have been told, in milliseconds since 1970. */
export type RevocationNews =
  | { readonly kind: 'revocation'; readonly at: number; readonly revocation: Revocation }
  /** Nothing is missing: without one for a second, something may be. */
  | { readonly kind: 'heartbeat'; readonly at: number };

const HEARTBEAT_INTERVAL_MS = 500;

/** Of one client at one instance: a process needs one. */
const MAX_STREAMS_PER_CLIENT = 100;

/** Unread news; a reader that is slower begins again. */
const CAPACITY = 100_000;

interface Dependencies {
  readonly feed: Pick<RevocationFeed, 'isCurrent' | 'lagMs' | 'catchUp'>;
  readonly revocations: Pick<Revocations, 'keepForSeconds' | 'watch' | 'onAdded' | 'heard'>;
  readonly store: RevocationStore;
  readonly clock: Clock;
}

interface Stream {
  /** What comes while it is open. */
  readonly news: PushStream<RevocationNews>;
  /** The highest `at` that was told. */
  at: number;
}

/** Who listens, and from when on. */
interface Listener {
  readonly clientId: ServiceClientId;
  /** When its credential expires; null: it does not. */
  readonly expiresAt: Date | null;
  /** The last `at` that it knows; null: it begins. */
  readonly since: number | null;
}

/** Streams of revocations for verifiers that cannot reach Redis. A stream ends when its client is disabled, or its credential expires. */
export class RevocationStreams {
  readonly #deps: Dependencies;
  readonly #streams = new Map<ServiceClientId, Set<Stream>>();
  #timer: NodeJS.Timeout | null = null;
  #hasEnded = false;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    deps.revocations.onAdded((revocation) => {
      for (const stream of this.#all()) this.#tell(stream, revocation);
    });
  }

  start(): void {
    this.#timer = setInterval(() => this.#beat(), HEARTBEAT_INTERVAL_MS).unref();
  }

  /** Ends all streams: their clients resume at another instance. */
  endAll(): void {
    this.#hasEnded = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    for (const { news } of this.#all()) news.end();
  }

  /**
   * What was revoked since, as far as it still counts, and what is from now on; each at least once.
   *
   * @throws {UnavailableError}
   * @throws {PublicError} RATE_LIMITED with too many streams of one client.
   */
  async open({ clientId, expiresAt, since }: Listener): Promise<AsyncIterableIterator<RevocationNews>> {
    const { feed, revocations, store, clock } = this.#deps;
    if (this.#hasEnded) throw new UnavailableError(new Error('the server stops'));
    const now = clock.now().getTime();
    // One that is ahead comes from an instance whose clock was.
    const from = since !== null && since <= now ? since : 0;
    const stream = this.#add(clientId, expiresAt, from);
    try {
      await feed.catchUp();
      // Read after the stream was added, so that nothing falls between.
      const missedSeconds = (now - from) / 1_000 + OVERLAP_SECONDS;
      const recorded = await store.listWithin(Math.min(missedSeconds, revocations.keepForSeconds));
      // And what the database has lost, by a failover.
      const missed = new Map([...recorded, ...revocations.heard()].map((each) => [keyOf(each), each]));
      this.#beatTo(stream);
      return new Backlog(
        [...missed.values()].map((revocation) => ({ kind: 'revocation', at: from, revocation }) as const),
        stream.news,
      );
    } catch (error) {
      stream.news.end();
      throw error;
    }
  }

  #add(clientId: ServiceClientId, expiresAt: Date | null, at: number): Stream {
    const { revocations, clock } = this.#deps;
    const streams = this.#streams.get(clientId) ?? new Set();
    if (streams.size >= MAX_STREAMS_PER_CLIENT)
      throw new PublicError('RATE_LIMITED', `A client may have ${MAX_STREAMS_PER_CLIENT} streams at a time.`);
    const expiry =
      expiresAt === null
        ? undefined
        : setTimeout(
            () => stream.news.end(),
            Math.max(0, expiresAt.getTime() - clock.now().getTime()),
          ).unref();
    const unwatch = revocations.watch(clientId, () => stream.news.end());
    const onEnd = () => {
      unwatch();
      clearTimeout(expiry);
      streams.delete(stream);
      if (streams.size === 0 && this.#streams.get(clientId) === streams) this.#streams.delete(clientId);
    };
    const stream: Stream = { news: new PushStream({ capacity: CAPACITY, onEnd }), at };
    this.#streams.set(clientId, streams.add(stream));
    return stream;
  }

  #beat(): void {
    if (!this.#deps.feed.isCurrent) return;
    for (const stream of this.#all()) this.#beatTo(stream);
  }

  #beatTo(stream: Stream): void {
    const { feed, clock } = this.#deps;
    stream.at = Math.max(stream.at, Math.floor(clock.now().getTime() - feed.lagMs));
    stream.news.push({ kind: 'heartbeat', at: stream.at });
  }

  #tell({ news, at }: Stream, revocation: Revocation): void {
    news.push({ kind: 'revocation', at, revocation });
  }

  #all(): Stream[] {
    return [...this.#streams.values()].flatMap((streams) => [...streams]);
  }
}

/** A revocation is told once, however many sources know it. */
const keyOf = ({ id, notBefore }: Revocation) => `${id} ${notBefore?.getTime() ?? ''}`;

/** What was missed, and then what comes. */
class Backlog implements AsyncIterableIterator<RevocationNews, undefined> {
  readonly #missed: Iterator<RevocationNews>;
  readonly #news: PushStream<RevocationNews>;

  constructor(missed: readonly RevocationNews[], news: PushStream<RevocationNews>) {
    this.#missed = missed.values();
    this.#news = news;
  }

  async next(): Promise<IteratorResult<RevocationNews, undefined>> {
    const { value, done } = this.#missed.next();
    return done || this.#news.ended ? this.#news.next() : { value, done: false };
  }

  return(): Promise<IteratorResult<RevocationNews, undefined>> {
    return this.#news.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
