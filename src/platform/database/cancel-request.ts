import pg from 'pg';

/** Time for the server to take the request, in milliseconds. */
const TIMEOUT_MS = 2_000;

/** The parts of a `pg.Client` that name its session on the server. */
export interface Session {
  readonly host: string;
  readonly port: number;
  readonly ssl: boolean | object;
  readonly sslNegotiation: string;
  /** Null before the server has sent them. */
  readonly processID: number | null;
  readonly secretKey: number | null;
}

/** What `pg.Connection` has beside what its types say. */
interface RawConnection {
  readonly stream: { destroy(): void };
  on(event: 'connect' | 'sslconnect' | 'error' | 'end', listener: () => void): void;
  connect(portOrPath: number | string, host?: string): void;
  requestSsl(): void;
  cancel(processId: number, secretKey: number): void;
}

/**
 * Asks the server to end what a session runs (PostgreSQL, "Canceling Requests in Progress"), over a connection of its own, which is
 * encrypted if the session is. A server that waits for its client's COMMIT to be replicated does not notice that the client has
 * gone, and no timeout ends that wait. Nobody is told whether it worked.
 */
export function requestCancel({ host, port, ssl, sslNegotiation, processID, secretKey }: Session): void {
  if (processID === null || secretKey === null) return;
  const connection = new pg.Connection({ ssl, sslNegotiation } as object) as unknown as RawConnection;
  const close = () => connection.stream.destroy();
  const timer = setTimeout(close, TIMEOUT_MS);
  const send = () => connection.cancel(processID, secretKey);
  connection.on('connect', () => {
    if (!ssl) send();
    else if (sslNegotiation !== 'direct') connection.requestSsl();
  });
  connection.on('sslconnect', send);
  connection.on('error', close);
  // The server closes it once it has signalled the session.
  connection.on('end', () => clearTimeout(timer));
  if (host.startsWith('/')) connection.connect(`${host}/.s.PGSQL.${port}`);
  else connection.connect(port, host);
}
