import pg from 'pg';
import { parsePostgresUrl, type ServerTarget } from '../../core/postgres-url.ts';
import type { Secret } from '../../core/secret.ts';

/** A server that DATABASE_URL names. */
export interface Server {
  readonly url: string;
  readonly host: string;
  readonly port: number;
}

/** A connection to one of them. */
interface Connected {
  readonly server: Server | null;
  destroy(reason: Error): void;
}

interface State {
  readonly standby: boolean;
  readonly readOnly: boolean;
}

const FITS: Readonly<Record<ServerTarget, (state: State) => boolean>> = {
  any: () => true,
  'read-write': ({ readOnly }) => !readOnly,
  'read-only': ({ readOnly }) => readOnly,
  primary: ({ standby }) => !standby,
  standby: ({ standby }) => standby,
  'prefer-standby': ({ standby }) => standby,
};

/** None of several servers can be used. `errors` has one for each. */
export class NoServerError extends AggregateError {
  /** Of the most telling error. */
  readonly code: string | undefined;

  constructor(errors: readonly Error[], isReached: boolean) {
    super(errors, isReached ? 'no server is what target_session_attrs says' : errors[0]?.message);
    // read_only_sql_transaction
    this.code = isReached ? '25006' : (errors[0] as NodeJS.ErrnoException | undefined)?.code;
  }
}

/**
 * The servers that DATABASE_URL names, and the choice of one: by all connections of this process, so that the pool, the probe and the
 * instance lock are never on different ones. Where a URL names one server, whatever it is, there is nothing to choose.
 */
export class Servers {
  static readonly #known = new WeakMap<Secret, Servers>();

  readonly #all: readonly Server[];
  readonly #target: ServerTarget;
  readonly #connected = new Set<Connected>();
  #chosen: Server | null = null;
  /** Asked first: that of the last choice. */
  #favourite: Server | null = null;
  #search: Promise<Server> | null = null;

  private constructor(url: Secret) {
    const { urls, target } = parsePostgresUrl(url.reveal()) ?? { urls: [url.reveal()], target: 'any' };
    this.#all = urls.map((each) => {
      const { host, port } = new pg.Client({ connectionString: each });
      return { url: each, host, port };
    });
    this.#target = target;
  }

  /** The same for the same secret. */
  static of(url: Secret): Servers {
    let servers = Servers.#known.get(url);
    if (servers === undefined) {
      servers = new Servers(url);
      Servers.#known.set(url, servers);
    }
    return servers;
  }

  /** The URL of the first: for user, password and database, which are those of all. */
  get url(): string {
    return this.#first.url;
  }

  /** The server to connect to. One that was chosen is not asked again, until it is forgotten. */
  async choose(timeoutMs: number): Promise<Server> {
    if (this.#all.length === 1 && this.#target === 'any') return this.#first;
    if (this.#chosen !== null) return this.#chosen;
    this.#search ??= this.#find(timeoutMs / this.#all.length).finally(() => {
      this.#search = null;
    });
    return this.#search;
  }

  /** It could not be reached, or accepts no writes any more: the next connection chooses again. */
  forget(server: Server): void {
    if (this.#chosen === server) this.#chosen = null;
  }

  add(connection: Connected): void {
    this.#connected.add(connection);
  }

  remove(connection: Connected): void {
    this.#connected.delete(connection);
  }

  get #first(): Server {
    return this.#all[0] as Server;
  }

  async #find(timeoutMs: number): Promise<Server> {
    const errors: Error[] = [];
    let other: Server | null = null;
    const later = this.#all.filter((server) => server !== this.#favourite);
    for (const server of this.#favourite === null ? later : [this.#favourite, ...later]) {
      try {
        if (FITS[this.#target](await stateOf(server, timeoutMs))) return this.#settle(server);
        other ??= server;
      } catch (error) {
        if (!isPassing(error)) throw error;
        errors.push(error as Error);
      }
    }
    if (other !== null && this.#target === 'prefer-standby') return this.#settle(other);
    throw new NoServerError(errors, other !== null);
  }

  /** Connections to others are closed: each would fail a request, or show what a former primary still believes. */
  #settle(server: Server): Server {
    this.#chosen = server;
    this.#favourite = server;
    for (const connection of this.#connected)
      if (connection.server !== server)
        connection.destroy(new Error('Connection terminated: another server was chosen'));
    return server;
  }
}

/** Whether another server may do. As with libpq, one that refuses the user or the database ends the search, unless it is starting. */
export function isPassing(error: unknown): boolean {
  // cannot_connect_now
  return !(error instanceof pg.DatabaseError) || error.code === '57P03';
}

async function stateOf({ url }: Server, timeoutMs: number): Promise<State> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'latchkey probe',
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const sql = `SELECT pg_is_in_recovery() AS standby, current_setting('transaction_read_only')::bool AS "readOnly"`;
    return (await client.query<State>(sql)).rows[0] as State;
  } finally {
    client.end().catch(() => undefined);
  }
}
