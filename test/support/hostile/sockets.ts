import { bodyOf } from './bodies.ts';
import { frame, init, subscribe } from './frames.ts';
import type { Operation } from './places.ts';
import { type Connecting, rawMessage, Wire } from './wire.ts';

/** A WebSocket on which frames are written as they are, and which is opened again when the server has closed it. */
export class HostileSocket {
  readonly #connecting: Connecting;
  readonly #headers: () => Readonly<Record<string, string>>;
  #wire: Wire | null = null;
  #subscriptions = 0;

  constructor(connecting: Connecting, headers: () => Readonly<Record<string, string>>) {
    this.#connecting = connecting;
    this.#headers = headers;
  }

  /** Open, and past `connection_init` unless it is not wanted. */
  async ready({ initialised = true } = {}): Promise<void> {
    if (this.#wire !== null && !this.#wire.closed) return;
    const wire = await Wire.open(this.#connecting);
    wire.write(handshake(this.#headers()));
    await wire.until((text) => text.includes('\r\n\r\n'), 5_000);
    if (!wire.text.startsWith('HTTP/1.1 101')) throw new Error(`no WebSocket: ${wire.text}`);
    if (initialised) {
      wire.write(frame(init()));
      await wire.until((text) => text.includes('connection_ack'), 5_000);
    }
    wire.forget();
    this.#wire = wire;
  }

  /** What the server says of these bytes; it has `quietMs` for each word. Empty where it closes the connection. */
  async send(bytes: Buffer, enough: (text: string) => boolean, quietMs: number): Promise<string> {
    const wire = this.#wire as Wire;
    wire.forget();
    wire.write(bytes);
    await wire.until((text) => CLOSE_FRAME.test(text) || enough(text), quietMs);
    // The server waits for our goodbye before it closes the connection.
    if (CLOSE_FRAME.test(wire.text)) this.close();
    return wire.text;
  }

  /** A subscription, ended as soon as it is told anything. */
  prepare(operation: Operation): { bytes: Buffer; enough: (text: string) => boolean; complete: Buffer } {
    this.#subscriptions += 1;
    const id = `s${this.#subscriptions}`;
    return {
      bytes: frame(subscribe(id, bodyOf(operation))),
      enough: (text) => text.includes(`"${id}"`),
      complete: frame(`{"id":"${id}","type":"complete"}`),
    };
  }

  get closed(): boolean {
    return this.#wire?.closed ?? true;
  }

  close(): void {
    this.#wire?.destroy();
    this.#wire = null;
  }
}

/** A frame that closes, with a code from 1000 to 1023 or from 4000 to 4607. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: frames are bytes
const CLOSE_FRAME = /\x88[\x02-\x7d][\x03\x0f-\x11]/;

function handshake(headers: Readonly<Record<string, string>>): Buffer {
  const lines = [
    'Host: latchkey.test',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}`,
    'Sec-WebSocket-Protocol: graphql-transport-ws',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return rawMessage('GET /graphql HTTP/1.1', lines, Buffer.alloc(0), 'Upgrade');
}
