import pg from 'pg';

/** Query timeout, in milliseconds: above `statement_timeout`, so it applies only if the server does not respond. */
const QUERY_TIMEOUT_MS = 2_200;

/** Time to read a response that arrived while this process stalled, in milliseconds. */
const SECOND_LOOK_MS = 50;

/**
 * A connection that is closed when a query times out: the query may still run, and the busy connection must not serve
 * the next caller. The `query_timeout` of `pg` would leave it open, and would also fire if only this process stalled.
 */
export class DatabaseClient extends pg.Client {
  // biome-ignore lint/suspicious/noExplicitAny: passes pg's overloads through
  override query(...args: any[]): any {
    // biome-ignore lint/suspicious/noExplicitAny: as above
    const answer = (super.query as (...rest: any[]) => any).apply(this, args);
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
    }, QUERY_TIMEOUT_MS);
    const clear = () => clearTimeout(timer);
    answer.then(clear, clear);
  }
}
