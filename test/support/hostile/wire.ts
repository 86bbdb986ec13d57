import { connect, type Socket } from 'node:net';

/** What came back, as far as it matters here: a hostile answer may be hundreds of megabytes. */
export interface Exchange {
  /** 0 where the connection was closed without an answer. */
  readonly status: number;
  /** The first 64 KB of what came back, the head included. */
  readonly text: string;
  readonly bytes: number;
}

export interface Connecting {
  readonly url: string;
  /** The address to come from, where it must be another than 127.0.0.1. */
  readonly localAddress?: string | undefined;
}

const KEPT_BYTES = 64 * 1024;

/**
 * A connection on which bytes are written as they are. The caller prepares them before, and reads nothing of the answer
 * but its start, so that what is measured in one process with the server is the server.
 */
export class Wire {
  readonly #socket: Socket;
  readonly #looks = new Set<() => void>();
  text = '';
  bytes = 0;
  closed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => {
      if (this.text.length < KEPT_BYTES) this.text += chunk.toString('latin1', 0, KEPT_BYTES);
      this.bytes += chunk.length;
      this.#look();
    });
    // A server that refuses a body before it has read it resets the connection.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.closed = true;
      this.#look();
    });
  }

  static async open({ url, localAddress }: Connecting): Promise<Wire> {
    const { hostname: host, port } = new URL(url);
    const socket = connect({ host, port: Number(port), ...(localAddress !== undefined && { localAddress }) });
    const wire = new Wire(socket.setNoDelay());
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return wire;
  }

  write(bytes: Uint8Array): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes);
  }

  /** Forgets what came so far. */
  forget(): void {
    this.text = '';
    this.bytes = 0;
  }

  /** Resolves once `enough` holds, the connection is closed, or nothing has come for so long. */
  until(enough: (text: string) => boolean, quietMs: number): Promise<void> {
    return new Promise((resolve) => {
      let seen = -1;
      const done = () => {
        clearInterval(timer);
        this.#looks.delete(look);
        resolve();
      };
      const look = () => {
        if (this.closed || enough(this.text)) done();
      };
      // Looks twice: where the server shares this process, the timer may be due before what came meanwhile is read.
      const timer = setInterval(() => {
        if (seen === this.bytes) done();
        seen = this.bytes;
      }, quietMs / 2);
      this.#looks.add(look);
      look();
    });
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #look(): void {
    for (const look of [...this.#looks]) look();
  }
}

/** One request on a connection of its own; a stream is left as soon as its first event has come. */
export async function exchange(
  connecting: Connecting,
  message: Uint8Array,
  { quietMs = 15_000 }: { quietMs?: number } = {},
): Promise<Exchange> {
  const wire = await Wire.open(connecting);
  wire.write(message);
  await wire.until((text) => text.includes('\nevent: '), quietMs);
  wire.destroy();
  return toExchange(wire);
}

export function toExchange({ text, bytes }: Wire): Exchange {
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text, bytes };
}

/** An error, or a member of a union that says what was wrong. */
export function isRefusal({ status, text }: Exchange): boolean {
  return status >= 400 || status === 0 || isRefusalText(text);
}

export function isRefusalText(text: string): boolean {
  return /"errors":\s*\[|"__typename":"\w+Error"|"type":"error"/.test(text);
}

/** A POST of these bytes to `/graphql`, after which the server closes the connection. */
export function postMessage(body: string | Uint8Array, headers: Readonly<Record<string, string>>): Buffer {
  const content = Buffer.from(body as string);
  return rawMessage(
    'POST /graphql HTTP/1.1',
    [
      'Host: latchkey.test',
      'Content-Type: application/json',
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      `Content-Length: ${content.length}`,
    ],
    content,
  );
}

/** Header lines and a body as they are, the wrong ones too. */
export function rawMessage(
  requestLine: string,
  lines: readonly string[],
  body: Uint8Array,
  connection = 'close',
): Buffer {
  const head = [requestLine, ...lines, `Connection: ${connection}`].join('\r\n');
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`, 'latin1'), body]);
}
