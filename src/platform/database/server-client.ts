import pg from 'pg';
import { isPassing, type Server, type Servers } from './servers.ts';

/** Time to choose a server, where the connection has none of its own, in milliseconds. */
const CHOICE_MS = 5_000;

export interface ServerClientConfig extends pg.ClientConfig {
  readonly servers: Servers;
}

/** A connection to the server that was chosen of those that DATABASE_URL names. */
export class ServerClient extends pg.Client {
  readonly #servers: Servers;
  readonly #choiceMs: number;
  #server: Server | null = null;

  constructor(config: ServerClientConfig) {
    super({ ...config, connectionString: config.servers.url });
    this.#servers = config.servers;
    this.#choiceMs = config.connectionTimeoutMillis || CHOICE_MS;
    // Pending queries fail by it, and a connection that nobody uses is closed at `end`.
    this.on('error', () => undefined);
  }

  get server(): Server | null {
    return this.#server;
  }

  // biome-ignore lint/suspicious/noExplicitAny: pg's overloads, of which the pool uses the one with a callback
  override connect(callback?: any): any {
    const connected = this.open().then(() => this);
    if (callback === undefined) return connected;
    connected.then(() => callback(null), callback);
  }

  /** Closes the socket without a Terminate message; pending queries fail with `reason`. */
  destroy(reason?: Error): void {
    this.#stream.destroy(reason);
  }

  /** The server is no longer what it was chosen for. */
  forgetServer(): void {
    if (this.#server !== null) this.#servers.forget(this.#server);
  }

  protected async open(): Promise<void> {
    const server = await this.#servers.choose(this.#choiceMs);
    // Closed by whoever waits for the connection.
    if (this.#stream.destroyed) throw new Error('Connection terminated');
    this.#server = server;
    Object.assign(this, { host: server.host, port: server.port });
    this.#servers.add(this);
    this.once('end', () => this.#servers.remove(this));
    try {
      await super.connect();
    } catch (error) {
      if (isPassing(error)) this.forgetServer();
      throw error;
    }
  }

  get #stream() {
    return (
      this as unknown as {
        connection: { stream: { destroy(reason?: Error): void; readonly destroyed: boolean } };
      }
    ).connection.stream;
  }
}
