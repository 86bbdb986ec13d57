import { createHash } from 'node:crypto';
import { requestCancel, type Session } from './cancel-request.ts';
import { ServerClient, type ServerClientConfig } from './server-client.ts';

/** Added to `statement_timeout`, in milliseconds, so that this timeout applies only if the server does not respond. */
const GRACE_MS = 200;

/**
 * A session reported as ended must remain ended after a crash of the database server. Every setting but `off` ensures that; those
 * that also wait for standbys, or do not, are the operator's choice.
 */
const REQUIRE_DURABLE_COMMITS =
  "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

/** Time to read a response that arrived while this process stalled, in milliseconds. */
const SECOND_LOOK_MS = 50;

/**
 * A connection that prepares each statement with parameters once: planning takes longer than most of ours run. It is closed
 * when a query times out, and the query cancelled: it may still run, and the busy connection must not serve the next caller. The
 * `query_timeout` of `pg` would leave it open, and would also fire if only this process stalled.
 */
export class DatabaseClient extends ServerClient {
  readonly #timeoutMs: number;
  #unanswered = 0;
  #isUnreplicated = false;

  constructor(config: ServerClientConfig & { readonly statement_timeout: number }) {
    super(config);
    this.#timeoutMs = config.statement_timeout + GRACE_MS;
    // In another language the message reads otherwise.
    this.on('notice', ({ routine }) => {
      if (routine === 'SyncRepWaitForLSN') this.#isUnreplicated = true;
    });
  }

  /** Whether the server gave up waiting for a standby: what was committed is lost if it fails over now. */
  get isUnreplicated(): boolean {
    return this.#isUnreplicated;
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

  /** As inherited, and cancels at the server what is unanswered. */
  override destroy(reason?: Error): void {
    if (this.#unanswered > 0) requestCancel(this as unknown as Session);
    super.destroy(reason);
  }

  protected override async open(): Promise<void> {
    await super.open();
    try {
      await this.query(REQUIRE_DURABLE_COMMITS);
    } catch (error) {
      this.destroy();
      throw error;
    }
  }

  #limit(answer: Promise<unknown>): void {
    let timer = setTimeout(() => {
      timer = setTimeout(() => this.destroy(new Error('Query read timeout')), SECOND_LOOK_MS);
    }, this.#timeoutMs);
    this.#unanswered += 1;
    const settle = () => {
      clearTimeout(timer);
      this.#unanswered -= 1;
    };
    answer.then(settle, settle);
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
