import { type Client, createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { eventually } from './eventually.ts';
import { PATIENCE_MS } from './patience.ts';
import { runSql } from './sql.ts';

export interface Change {
  readonly id: string;
  readonly kind: string;
  readonly session: { readonly id: string } | null;
}

export const MY_SESSION_CHANGED =
  'subscription { mySessionChanged { id kind session { id endReason } occurredAt } }';

/** A subscription as a client holds it: what it has told so far, and whether it is over. */
export class TestStream {
  // biome-ignore lint/suspicious/noExplicitAny: results of any subscription
  readonly results: any[] = [];
  readonly #client: Client;
  readonly #listeners = new Set<() => void>();
  completed = false;
  error: unknown = null;

  constructor(url: string, query: string, connectionParams: object, variables: Record<string, unknown> = {}) {
    this.#client = wsClient(url, connectionParams);
    this.#client.subscribe(
      { query, variables },
      {
        next: (result) => this.#note(() => this.results.push(result)),
        error: (error) =>
          this.#note(() => {
            this.error = error;
          }),
        complete: () =>
          this.#note(() => {
            this.completed = true;
          }),
      },
    );
  }

  /** What `mySessionChanged` or `sessionChanged` has told. */
  get changes(): Change[] {
    return this.results.map(({ data }) => data?.mySessionChanged ?? data?.sessionChanged).filter(Boolean);
  }

  /** Resolves as soon as `condition` holds; looks whenever something arrives. */
  async until(condition: (stream: this) => boolean): Promise<this> {
    await new Promise<void>((resolve, reject) => {
      const timeout = setTimeout(() => {
        reject(
          new Error(
            `this did not come true: ${condition}: ${JSON.stringify(this.results)} ${JSON.stringify(this.error)}`,
          ),
        );
      }, PATIENCE_MS).unref();
      const look = () => {
        if (!condition(this)) return;
        clearTimeout(timeout);
        this.#listeners.delete(look);
        resolve();
      };
      this.#listeners.add(look);
      look();
    });
    return this;
  }

  async close(): Promise<void> {
    await this.#client.dispose();
  }

  #note(change: () => void): void {
    change();
    for (const listener of [...this.#listeners]) listener();
  }
}

export function wsClient(url: string, connectionParams: object): Client {
  return createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: connectionParams as Record<string, unknown>,
    retryAttempts: 0,
  });
}

/** Resolves when the publication of all events until now is recorded. */
export function recorded(databaseUrl: string): Promise<void> {
  return eventually(async () => (await runSql(databaseUrl, 'SELECT FROM event_outbox')).length === 0);
}

/** The id of the event that was published to streams last. */
export async function lastEventId(databaseUrl: string): Promise<string> {
  const [row] = await runSql(
    databaseUrl,
    'SELECT event_id FROM streamed_events ORDER BY position DESC LIMIT 1',
  );
  return String(row?.['event_id']);
}
