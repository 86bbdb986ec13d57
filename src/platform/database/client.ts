import { createHash } from 'node:crypto';
import pg from 'pg';

/** Added to `statement_timeout`, in milliseconds, so that this timeout applies only if the server does not respond. */
const GRACE_MS = 200;

/** Time to read a response that arrived while this process stalled, in milliseconds. */
const SECOND_LOOK_MS = 50;

/**
 * A connection that prepares each statement with parameters once: planning takes longer than most of ours run. It is closed
 * when a query times out: the query may still run, and the busy connection must not serve the next caller. The
 * `query_timeout` of `pg` would leave it open, and would also fire if only this process stalled.
 */
export class DatabaseClient extends pg.Client {
  readonly #timeoutMs: number;

  constructor(config: pg.ClientConfig & { readonly statement_timeout: number }) {
    super(config);
    this.#timeoutMs = config.statement_timeout + GRACE_MS;
  }

  // biome-ignore lint/suspicious/noExplicitAny: passes pg's overloads through
  override query(...args: any[]): any {
    const [text, values] = args;
    const isPlain =
      args.length === 2 && typeof text === 'string' && Array.isArray(values) && values.length > 0;
    const given = isPlain ? [{ name: nameOf(text), text, values }] : args;
    // biome-ignore lint/suspicious/noExplicitAny: as above
    const answer = (super.query as (...rest: any[]) => any).apply(this, given);
    if (answer instanceof Promise) this.#limit(answer);
    return answer;
  }

  /** Closes the socket without a Terminate message; pending queries fail with `reason`. */
  destroy(reason?: Error): void {
    const { stream } = (this as unknown as { connection: { stream: { destroy(reason?: Error): void } } })
      .connection;
    stream.destroy(reason);
  }

  #limit(answer: Promise<unknown>): void {
    let timer = setTimeout(() => {
      timer = setTimeout(() => this.destroy(new Error('Query read timeout')), SECOND_LOOK_MS);
    }, this.#timeoutMs);
    const clear = () => clearTimeout(timer);
    answer.then(clear, clear);
  }
}

/** Names by text. The texts are written in our source: there are some dozens. */
const names = new Map<string, string>();

/**
 * The same name for the same text in every process: a pooler in transaction mode gives processes the connections of others,
 * on which a name must not mean another statement.
 */
function nameOf(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    name = `latchkey_${createHash('sha256').update(text).digest('base64url').slice(0, 22)}`;
    names.set(text, name);
  }
  return name;
}
