import { Unreachable } from '../api/post.ts';
import type { SessionChangeKind } from '../generated.ts';
import type { Refused } from '../words/refusals.ts';
import { listSessions } from './list-sessions.ts';
import { LiveSessions } from './live-sessions.ts';
import { MinuteCounts } from './minute-counts.ts';
import { type StreamState, watchChanges } from './watch-changes.ts';

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
    this.sessions.clear();
    this.isListing = true;
    this.#changed();
    try {
      this.refused = await listSessions(this.sessions, this.#withEmail, signal, () => this.#changed());
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Unreachable)) throw error;
      this.refused = { message: error.message };
    }
    this.isListing = false;
    this.#changed();
  }

  stop(): void {
    this.#stopped.abort();
    this.#listing.abort();
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
  }

  #changed(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      this.#onFrame();
    });
  }
}
