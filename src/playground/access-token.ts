/** The part of its lifetime after which a token is refreshed: the rest is for requests under way and for slow timers. */
const REFRESH_AFTER = 0.6;

/** Delay after a refresh that failed, in milliseconds. */
const RETRY_MS = 5_000;

/**
 * Replaces the access token by the refresh token, which only the browser knows, in an HttpOnly cookie. Null: nobody is signed in. Fails if
 * there is no answer to that now.
 */
export type Refresh = () => Promise<string | null>;

type Listener = (token: string | null) => void;

/**
 * The access token of whoever is signed in, in memory: another page of this origin cannot read it, and a reload gets another one by
 * the cookie. Refreshed before it ends.
 */
export class AccessToken {
  readonly #refresh: Refresh;
  readonly #listeners = new Set<Listener>();
  #held: { readonly token: string; readonly endsAt: number } | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #refreshing: Promise<void> | null = null;

  constructor(refresh: Refresh) {
    this.#refresh = refresh;
  }

  /** The token to send now, or null. Waits for another one if the timer was late, as after the machine slept. */
  async current(): Promise<string | null> {
    if (this.#held !== null && performance.now() >= this.#held.endsAt) await this.refresh();
    return this.#held?.token ?? null;
  }

  /** `token`: of a sign-in or a refresh; null after a sign-out. */
  set(token: string | null): void {
    clearTimeout(this.#timer);
    this.#held = null;
    if (token !== null) {
      const lifetimeMs = lifetimeSeconds(token) * 1_000;
      this.#held = { token, endsAt: performance.now() + lifetimeMs };
      this.#schedule(lifetimeMs * REFRESH_AFTER);
    }
    for (const listener of this.#listeners) listener(token);
  }

  /** Calls `listener` for each change, until the returned function is called. */
  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.refresh(), delayMs);
  }

  /** One at a time, whoever asks. */
  async refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh()
      .then((token) => this.set(token))
      .catch(() => {
        if (this.#held !== null) this.#schedule(RETRY_MS);
      })
      .finally(() => {
        this.#refreshing = null;
      });
    await this.#refreshing;
  }
}

/** From its own two times, so that a wrong clock of this machine does not matter. */
function lifetimeSeconds(token: string): number {
  const { iat, exp } = claimsOf(token);
  return exp - iat;
}

interface Claims {
  readonly sub: string;
  readonly iat: number;
  readonly exp: number;
}

export function claimsOf(token: string): Claims {
  return partOf(token, 1) as Claims;
}

/** Whether a text is an access token (RFC 9068 §2.1): another subgraph may return tokens of its own. */
export function isAccessToken(text: string): boolean {
  try {
    return /^at\+jwt$/i.test((partOf(text, 0) as { typ: string }).typ);
  } catch {
    return false;
  }
}

function partOf(token: string, index: number): unknown {
  const part = token.split('.')[index] ?? '';
  return JSON.parse(atob(part.replaceAll('-', '+').replaceAll('_', '/')));
}
