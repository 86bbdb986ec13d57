import { PATIENCE_MS } from './patience.ts';
import { MY_SESSION_CHANGED } from './streams.ts';

interface Options {
  readonly path?: string;
  readonly method?: 'GET' | 'POST';
  readonly query?: string;
  readonly variables?: object;
  readonly accessToken?: string | null;
  readonly accept?: string;
  readonly headers?: Record<string, string>;
}

export interface ServerSentEvent {
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into events of any shape
  readonly data: any;
}

/** A subscription by server-sent events, as a client holds it: open, and in force, once it has been opened. */
export class EventStream {
  readonly status: number;
  readonly headers: Headers;
  readonly events: ServerSentEvent[] = [];
  /** All that was written, as it was. */
  text = '';
  ended = false;
  readonly #abort: AbortController;
  readonly #looks = new Set<() => void>();

  private constructor(response: Response, abort: AbortController) {
    this.status = response.status;
    this.headers = response.headers;
    this.#abort = abort;
    void this.#read(response.body as ReadableStream<Uint8Array>);
  }

  static async open(url: string, options: Options = {}): Promise<EventStream> {
    const {
      path = '/graphql',
      method = 'POST',
      query = MY_SESSION_CHANGED,
      variables = {},
      accessToken,
    } = options;
    const abort = new AbortController();
    const parameters = new URLSearchParams({ query, variables: JSON.stringify(variables) });
    const response = await fetch(`${url}${path}${method === 'GET' ? `?${parameters}` : ''}`, {
      method,
      signal: abort.signal,
      headers: {
        accept: options.accept ?? 'text/event-stream',
        ...(method === 'POST' && { 'content-type': 'application/json' }),
        ...(accessToken && { authorization: `Bearer ${accessToken}` }),
        ...options.headers,
      },
      ...(method === 'POST' && { body: JSON.stringify({ query, variables }) }),
    });
    return new EventStream(response, abort);
  }

  /** What kinds of changes `mySessionChanged` or `sessionChanged` has told. */
  get kinds(): string[] {
    const changes = this.events.map(({ data }) => data?.data?.mySessionChanged ?? data?.data?.sessionChanged);
    return changes.filter(Boolean).map(({ kind }) => kind);
  }

  /** Resolves as soon as `condition` holds; looks whenever something arrives. */
  async until(condition: (stream: this) => boolean): Promise<this> {
    await new Promise<void>((resolve, reject) => {
      const timeout = setTimeout(
        () => reject(new Error(`this did not come true: ${condition}: ${this.text}`)),
        PATIENCE_MS,
      );
      const look = () => {
        if (!condition(this)) return;
        clearTimeout(timeout);
        this.#looks.delete(look);
        resolve();
      };
      this.#looks.add(look);
      look();
    });
    return this;
  }

  end(): Promise<this> {
    return this.until(({ ended }) => ended);
  }

  /** Goes away without a word. */
  leave(): void {
    this.#abort.abort();
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of body) {
        this.text += decoder.decode(chunk, { stream: true });
        this.#note();
      }
    } catch {
      // Left.
    }
    this.ended = true;
    this.#note();
  }

  #note(): void {
    const blocks = this.text.split('\n\n').slice(0, -1);
    this.events.splice(0, this.events.length, ...blocks.map(parse).filter((event) => event !== null));
    for (const look of [...this.#looks]) look();
  }
}

/** One block of a stream; null for a comment (WHATWG HTML §9.2.6). */
function parse(block: string): ServerSentEvent | null {
  const fields = new Map(
    block.split('\n').map((line) => line.split(/: ?(.*)/s).slice(0, 2) as [string, string]),
  );
  const event = fields.get('event');
  const data = fields.get('data');
  return event === undefined
    ? null
    : { event, data: data === undefined || data === '' ? null : JSON.parse(data) };
}
