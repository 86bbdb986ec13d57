import WebSocket from 'ws';

export const TRANSPORT_WS = 'graphql-transport-ws';

interface Options {
  readonly path?: string;
  readonly protocol?: string | null;
  readonly headers?: Record<string, string>;
}

export interface Message {
  readonly type: string;
  readonly id?: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into messages of any shape
  readonly payload?: any;
}

/** A WebSocket on which a test says every word itself, the wrong ones too. */
export class TestSocket {
  readonly messages: Message[] = [];
  readonly socket: WebSocket;
  /** The close code, and what was said with it. */
  readonly closed: Promise<readonly [code: number, reason: string]>;
  readonly #looks = new Set<() => void>();

  private constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => resolve([code, String(reason)]));
    });
    socket.on('message', (data) => {
      this.messages.push(JSON.parse(String(data)));
      for (const look of this.#looks) look();
    });
    socket.on('close', () => {
      for (const look of this.#looks) look();
    });
  }

  static async open(url: string, options: Options = {}): Promise<TestSocket> {
    const socket = connect(url, options);
    // Messages may come with the last byte of the handshake.
    const test = new TestSocket(socket);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return test;
  }

  /** Open, and past the handshake of the protocol. */
  static async ready(url: string, payload: object = {}, options: Options = {}): Promise<TestSocket> {
    const test = await TestSocket.open(url, options);
    test.send({ type: 'connection_init', payload });
    await test.message(({ type }) => type === 'connection_ack');
    return test;
  }

  send(message: object | string): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  subscribe(id: string, query: string, variables: object = {}): void {
    this.send({ id, type: 'subscribe', payload: { query, variables } });
  }

  /** What was said about one subscription. */
  about(id: string): Message[] {
    return this.messages.filter((message) => message.id === id);
  }

  /** The first message that is meant, as soon as it is there; rejects when the socket closes without it. */
  message(meant: (message: Message) => boolean): Promise<Message> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = this.messages.find(meant);
        if (found !== undefined) resolve(found);
        else if (this.socket.readyState === WebSocket.CLOSED) reject(new Error('closed without the message'));
        else return;
        this.#looks.delete(look);
      };
      this.#looks.add(look);
      look();
    });
  }

  /** How the subscription ended: by `complete` or by `error`. */
  end(id: string): Promise<Message> {
    return this.message((message) => message.id === id && ['complete', 'error'].includes(message.type));
  }

  close(): void {
    this.socket.close();
  }

  /** Goes away without a word. */
  vanish(): void {
    this.socket.terminate();
  }
}

/** The status by which the upgrade is answered: 101 where it is granted. */
export function upgradeStatus(url: string, options: Options = {}): Promise<number> {
  const socket = connect(url, options);
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve(101));
    socket.on('unexpected-response', (_request, { statusCode = 0 }) => resolve(statusCode));
    socket.on('error', reject);
  }).finally(() => socket.terminate()) as Promise<number>;
}

function connect(
  url: string,
  { path = '/graphql', protocol = TRANSPORT_WS, headers = {} }: Options,
): WebSocket {
  const address = `${url.replace('http', 'ws')}${path}`;
  return protocol === null
    ? new WebSocket(address, { headers })
    : new WebSocket(address, protocol, { headers });
}

/** The request of an upgrade, as it is written to a connection. */
export function handshake(path: string): string {
  return [
    `GET ${path} HTTP/1.1`,
    'Host: latchkey.test',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol: graphql-transport-ws',
    '\r\n',
  ].join('\r\n');
}
