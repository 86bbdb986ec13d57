import pg from 'pg';

/**
 * A connection that is closed when a query on it times out on our side. Such a query still runs, for all we know, and
 * `pg` would hand the busy connection to the next caller, whose queries would time out behind it one after the other.
 */
export class DatabaseClient extends pg.Client {
  // biome-ignore lint/suspicious/noExplicitAny: pg's overloads are passed through as they are
  override query(...args: any[]): any {
    // biome-ignore lint/suspicious/noExplicitAny: as above
    const answer = (super.query as (...rest: any[]) => any).apply(this, args);
    if (answer instanceof Promise) {
      answer.catch((error: unknown) => {
        if (error instanceof Error && error.message === 'Query read timeout') this.#destroy();
      });
    }
    return answer;
  }

  #destroy(): void {
    (this as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  }
}
