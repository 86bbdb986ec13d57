import type { SessionChangeKind } from '../generated.ts';
import { type Refused, refusalOfNoAnswer } from '../words/refusals.ts';
import { listSessions } from './list-sessions.ts';
import { LiveSessions } from './live-sessions.ts';
import { MinuteCounts } from './minute-counts.ts';
import { type StreamState, watchChanges } from './watch-changes.ts';

const RETRY_MS = { shortest: 1_000, first: 5_000, longest: 60_000 };

/** What the page of live sessions shows. It tells its listener at most once per animation frame. */
export class LiveModel {
  readonly sessions = new LiveSessions();
  readonly lastMinute = new MinuteCounts<SessionChangeKind>();
  state: StreamState = 'connecting';
  isListing = false;
  refused: Refused | null = null;
  readonly #withEmail: boolean;
  readonly #onFrame: () => void;
  readonly #stopped = new AbortController();
  #listing = new AbortController();
  /** In succession, of listings. */
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #frame: number | null = null;

  /** `withEmail`: whether the person may read the addresses of users. */
  constructor(withEmail: boolean, onFrame: () => void) {
    this.#withEmail = withEmail;
    this.#onFrame = onFrame;
  }

  start(): void {
    const { signal } = this.#stopped;
    // Changes first: what happens while the list is read is not missed.
    void watchChanges(
      {
        withEmail: this.#withEmail,
        onChange: (change) => {
          if (!this.sessions.change(change)) return;
          this.lastMinute.add(change.kind);
          this.#changed();
        },
        onState: (state) => {
          this.state = state;
          this.#changed();
          // What failed may have been the connection.
          if (state === 'connected' && this.refused !== null) void this.list();
        },
        onGap: () => void this.list(),
      },
      signal,
    );
    void this.list();
  }

  /** Lists again from the start. */
  async list(): Promise<void> {
    this.#listing.abort();
    this.#listing = new AbortController();
    const { signal } = this.#listing;
    clearTimeout(this.#retry);
    this.sessions.clear();
    this.isListing = true;
    this.refused = null;
    this.#changed();
    try {
      this.refused = await listSessions(this.sessions, this.#withEmail, signal, () => this.#changed());
    } catch (error) {
      if (signal.aborted) return;
      this.refused = refusalOfNoAnswer(error);
    }
    if (signal.aborted) return;
    this.isListing = false;
    this.#changed();
    if (this.refused === null) this.#failures = 0;
    else this.#listLater(this.refused);
  }

  stop(): void {
    this.#stopped.abort();
    this.#listing.abort();
    clearTimeout(this.#retry);
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
  }

  #listLater({ retryAt }: Refused): void {
    const delay = Math.min(RETRY_MS.longest, RETRY_MS.first * 2 ** this.#failures);
    this.#failures += 1;
    const wait =
      retryAt === undefined ? delay : Math.max(RETRY_MS.shortest, Date.parse(retryAt) - Date.now());
    this.#retry = setTimeout(() => void this.list(), wait);
  }

  #changed(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      this.#onFrame();
    });
  }
}
