import pg from 'pg';

/** How long a query may take: the server ends one sooner (`statement_timeout`), unless it is frozen. */
const QUERY_TIMEOUT_MS = 2_200;

/** An answer that came while this process stalled is read within this time, in milliseconds. */
const SECOND_LOOK_MS = 50;

/**
 * A connection that is closed when a query on it takes too long. Such a query still runs, for all we know, and the busy
 * connection must not serve the next caller. `query_timeout` of `pg` would leave it open, and would take a stall of this
 * process for a silence of the server.
 */
export class DatabaseClient extends pg.Client {
  // biome-ignore lint/suspicious/noExplicitAny: pg's overloads are passed through as they are
  override query(...args: any[]): any {
    // biome-ignore lint/suspicious/noExplicitAny: as above
    const answer = (super.query as (...rest: any[]) => any).apply(this, args);
    if (answer instanceof Promise) this.#limit(answer);
    return answer;
  }

  /** Closes the connection without a goodbye; what waits on it fails with `reason`. */
  destroy(reason?: Error): void {
    const { stream } = (this as unknown as { connection: { stream: { destroy(reason?: Error): void } } })
      .connection;
    stream.destroy(reason);
  }

  #limit(answer: Promise<unknown>): void {
    let timer = setTimeout(() => {
      timer = setTimeout(() => this.destroy(new Error('Query read timeout')), SECOND_LOOK_MS);
    }, QUERY_TIMEOUT_MS);
    const clear = () => clearTimeout(timer);
    answer.then(clear, clear);
  }
}
