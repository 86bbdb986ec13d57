import type { AccessToken } from './access-token.ts';

type Open = () => Promise<Response>;
type Source = ReadableStreamDefaultReader<string>;

/** Both streams stay open for this long, in milliseconds: what the first has sent may still be on its way. */
const OVERLAP_MS = 1_000;

/** In the last event of a stream whose token the server could not verify: it may be good, and another server may be able to. */
const UNVERIFIED = '"CREDENTIAL_UNVERIFIED"';

/** Before the next attempt then, in milliseconds. */
const REOPEN_MS = 2_000;

/**
 * A stream of server-sent events that outlives its access token: with each new token it is opened again, and only then the one before
 * is closed, so that no change is missed. An event that both deliver is passed on once. It is opened again, too, when the server could
 * not verify the token.
 */
export async function lastingStream(
  open: Open,
  accessToken: AccessToken,
  signal: AbortSignal,
  reopenMs = REOPEN_MS,
): Promise<Response> {
  const first = await open();
  if (!isEventStream(first)) return first;
  const relay = new Relay(first.body, async () => {
    while (relay.isOpen) {
      await new Promise((resolve) => setTimeout(resolve, reopenMs));
      const next = await open().catch(() => null);
      if (next !== null && isEventStream(next)) return relay.replace(next.body);
    }
  });
  const forget = accessToken.onChange((token) => {
    // Without another stream the present one goes on, and says why when it ends.
    if (token === null) return;
    relay.beginOverlap();
    void open()
      .then((next) => isEventStream(next) && relay.replace(next.body))
      .catch(() => undefined)
      .then(() => setTimeout(() => relay.endOverlap(), OVERLAP_MS));
  });
  void relay.ended.then(forget);
  signal.addEventListener('abort', () => relay.close());
  return new Response(relay.stream, { status: first.status, headers: first.headers });
}

type EventStream = Response & { readonly body: NonNullable<Response['body']> };

function isEventStream(response: Response): response is EventStream {
  const type = response.headers.get('content-type') ?? '';
  return response.ok && response.body !== null && type.includes('text/event-stream');
}

/** A stream whose source can be replaced. */
class Relay {
  readonly stream: ReadableStream<Uint8Array>;
  readonly ended: Promise<void>;
  readonly #encoder = new TextEncoder();
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #finish!: () => void;
  #open = true;
  #source: Source;
  readonly #reopen: () => Promise<void>;
  /** What one of two sources has delivered, and the other not yet. */
  readonly #once = new Set<string>();
  #overlaps = 0;

  /** `reopen` replaces a source that ended since its token could not be verified. */
  constructor(body: EventStream['body'], reopen: () => Promise<void>) {
    this.#reopen = reopen;
    this.ended = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.stream = new ReadableStream({
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: () => this.close(),
    });
    this.#source = eventsOf(body);
    void this.#pass(this.#source);
  }

  get isOpen(): boolean {
    return this.#open;
  }

  replace(body: EventStream['body']): void {
    if (!this.#open) return void body.cancel();
    const before = this.#source;
    this.#source = eventsOf(body);
    void this.#pass(this.#source);
    setTimeout(() => void before.cancel().catch(() => undefined), OVERLAP_MS);
  }

  /** Call before another source is opened: it delivers what happens from then on, as the present one does. */
  beginOverlap(): void {
    this.#overlaps += 1;
  }

  endOverlap(): void {
    this.#overlaps -= 1;
    if (this.#overlaps === 0) this.#once.clear();
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    void this.#source.cancel().catch(() => undefined);
    this.#finish();
  }

  async #pass(source: Source): Promise<void> {
    let isUnverified = false;
    try {
      for (;;) {
        const { done, value } = await source.read();
        if (!this.#open) return;
        if (done) break;
        const isEnd = value.startsWith('event: complete');
        isUnverified ||= value.includes(UNVERIFIED);
        if (isEnd && isUnverified && source === this.#source) return void this.#reopen();
        // The end of a source that was replaced is not the end.
        if (source !== this.#source && isEnd) return;
        if (this.#isNew(value)) this.#controller.enqueue(this.#encoder.encode(value));
      }
      if (source === this.#source) this.#controller.close();
    } catch (error) {
      if (this.#open && source === this.#source) this.#controller.error(error);
    }
    if (source === this.#source) this.close();
  }

  #isNew(event: string): boolean {
    if (this.#overlaps === 0) return true;
    if (this.#once.delete(event)) return false;
    this.#once.add(event);
    return true;
  }
}

/** Whole events, each with the empty line that ends it. */
function eventsOf(body: EventStream['body']): Source {
  let rest = '';
  const split = new TransformStream<string, string>({
    transform: (text, controller) => {
      const events = `${rest}${text}`.split('\n\n');
      rest = events.pop() ?? '';
      for (const event of events) controller.enqueue(`${event}\n\n`);
    },
  });
  return body.pipeThrough(new TextDecoderStream()).pipeThrough(split).getReader();
}
