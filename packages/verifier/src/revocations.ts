/** A session, a token, or a user or a service whose older tokens are revoked. */
export interface Revocation {
  readonly id: string;
  /** Tokens that were issued before are revoked, in milliseconds since 1970; infinite: all. */
  readonly notBefore: number;
  /** When the last revoked token expires, in milliseconds since 1970. */
  readonly until: number;
}

/** What a source of revocations tells. */
export interface RevocationListener {
  onRevocation(revocation: Revocation): void;
  /** The ids of the keys that the issuer has. */
  onKeys(kids: readonly string[]): void;
}

/** Where revocations are heard of. */
export interface RevocationSource {
  /** Whether every revocation is known but those of the last moments. */
  readonly isLive: boolean;
  start(listener: RevocationListener): void;
  stop(): Promise<void>;
}

/** Parses a revocation as Latchkey tells it; null if it is none, since others may write to the same place. */
export function parseRevocation(data: unknown): Revocation | null {
  const { id, notBefore, until } = (data ?? {}) as Readonly<Record<string, unknown>>;
  const time = notBefore === null ? Number.POSITIVE_INFINITY : Date.parse(String(notBefore));
  const end = Date.parse(String(until));
  return typeof id === 'string' && !Number.isNaN(time) && !Number.isNaN(end)
    ? { id, notBefore: time, until: end }
    : null;
}

interface Heard extends Revocation {
  /** When it was heard that it revokes so much: monotonic, in milliseconds. */
  readonly heardAt: number;
}

/** The revocations that still count. */
export class RevocationList {
  readonly #byId = new Map<string, Heard>();
  #sweptAt = 0;

  get size(): number {
    return this.#byId.size;
  }

  add(revocation: Revocation): void {
    const known = this.#byId.get(revocation.id);
    const notBefore = Math.max(revocation.notBefore, known?.notBefore ?? 0);
    const until = Math.max(revocation.until, known?.until ?? 0);
    // It may come more than once.
    const heardAt = known !== undefined && notBefore === known.notBefore ? known.heardAt : performance.now();
    this.#byId.set(revocation.id, { id: revocation.id, notBefore, until, heardAt });
    this.#sweep();
  }

  /** Whether a token that stands for these, issued at this time, is revoked. */
  has(ids: readonly string[], issuedAtMs: number): boolean {
    return ids.some((id) => issuedAtMs < (this.#byId.get(id)?.notBefore ?? 0));
  }

  /** Whether any of these has ended, whenever tokens were issued. */
  hasEnded(ids: readonly string[]): boolean {
    return ids.some((id) => this.#byId.get(id)?.notBefore === Number.POSITIVE_INFINITY);
  }

  /** Whether a change of any of these was heard of since: monotonic, in milliseconds. */
  hasChanged(ids: readonly string[], since: number): boolean {
    return ids.some((id) => (this.#byId.get(id)?.heardAt ?? Number.NEGATIVE_INFINITY) > since);
  }

  /** Once a minute is often enough. */
  #sweep(): void {
    const now = Date.now();
    if (now - this.#sweptAt < 60_000) return;
    this.#sweptAt = now;
    for (const [id, { until }] of this.#byId) if (until < now) this.#byId.delete(id);
  }
}
