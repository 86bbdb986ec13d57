/** Bytes that are sent on a WebSocket (RFC 6455 §5.2), and where in the protocol. */
export interface HostileFrames {
  readonly name: string;
  readonly bytes: Buffer;
  /** False for what comes before `connection_init`, or instead of it. */
  readonly afterInit: boolean;
}

const TEXT = 1;
const BINARY = 2;
const CONTINUATION = 0;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/** What a socket may receive for a subscription; `bytes` is the most that a message may have. */
const MOST = 65_000;

export function frame(
  payload: string | Uint8Array,
  opcode = TEXT,
  { final = true, reserved = 0 } = {},
): Buffer {
  const content = Buffer.from(payload as string);
  const first = Buffer.from([(final ? 0x80 : 0) | reserved | opcode]);
  // Clients mask what they send; by a key of zeros it stays as it is.
  return Buffer.concat([first, lengthOf(content.length), Buffer.alloc(4), content]);
}

function lengthOf(length: number): Buffer {
  if (length < 126) return Buffer.from([0x80 | length]);
  const long = length > 65_535;
  const bytes = Buffer.alloc(long ? 9 : 3);
  bytes[0] = 0x80 | (long ? 127 : 126);
  if (long) bytes.writeBigUInt64BE(BigInt(length), 1);
  else bytes.writeUInt16BE(length, 1);
  return bytes;
}

export const init = (payload = '{}') => `{"type":"connection_init","payload":${payload}}`;
export const subscribe = (id: string, payload: string) =>
  `{"id":"${id}","type":"subscribe","payload":${payload}}`;

/** Every type of message of `graphql-transport-ws`, and every kind of frame below it, used otherwise than it is meant. */
export function hostileFrames(): HostileFrames[] {
  return [...beforeInit(), ...messages(), ...rawFrames()];
}

const deep = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const wide = (length: number, item: string) => `[${Array.from({ length }, () => item).join(',')}]`;
const keys = (length: number) => `{${Array.from({ length }, (_, i) => `"k${i}":0`).join(',')}}`;
const huge = (unit: string, bytes = MOST - 200) => unit.repeat(Math.floor(bytes / Buffer.byteLength(unit)));

function payloads(): Record<string, string> {
  return {
    'no payload': 'null',
    'a text': '"text"',
    'a number': '1e308',
    'a list': '[]',
    'a deep list': deep(32_000),
    'deep objects': `${'{"a":'.repeat(10_000)}0${'}'.repeat(10_000)}`,
    '4,000 keys': keys(4_000),
    '32,000 numbers': wide(32_000, '0'),
    'a text of 64 KB': `"${huge('a')}"`,
    'a text of 64 KB of combining marks': `"${huge('\u0315\u0323')}"`,
    'the key __proto__': '{"__proto__":{"a":1}}',
  };
}

function beforeInit(): HostileFrames[] {
  const before = (name: string, text: string) => ({ name, bytes: frame(text), afterInit: false });
  const tokens = {
    authorization: '"Bearer ',
    Authorization: '"',
    token: '"',
    authToken: '"',
    headers: '{"authorization":"',
  };
  return [
    before(
      'a subscription before connection_init',
      subscribe('1', '{"query":"subscription { mySessionChanged { id } }"}'),
    ),
    before('a ping before connection_init', '{"type":"ping"}'),
    before('complete before connection_init', '{"id":"1","type":"complete"}'),
    ...Object.entries(payloads()).map(([name, payload]) =>
      before(`connection_init with ${name}`, init(payload)),
    ),
    ...Object.entries(tokens).flatMap(([key, start]) =>
      ['a', '.', ' ', 'Bearer '].map((unit) =>
        before(
          `connection_init with 60 KB of "${unit}" as ${key}`,
          init(`{"${key}":${start}${huge(unit, 60_000)}"${key === 'headers' ? '}' : ''}}`),
        ),
      ),
    ),
  ];
}

function messages(): HostileFrames[] {
  const after = (name: string, text: string | Uint8Array, opcode = TEXT) => ({
    name,
    bytes: frame(text, opcode),
    afterInit: true,
  });
  const types = [
    'connection_init',
    'connection_ack',
    'ping',
    'pong',
    'subscribe',
    'next',
    'error',
    'complete',
    'start',
    'stop',
    'unknown',
  ];
  return [
    ...types.flatMap((type) =>
      Object.entries(payloads()).map(([name, payload]) =>
        after(`${type} with ${name}`, `{"id":"1","type":"${type}","payload":${payload}}`),
      ),
    ),
    ...types.map((type) => after(`${type} and nothing more`, `{"type":"${type}"}`)),
    ...['""', '1', 'null', '[]', `"${huge('i')}"`].map((id) =>
      after(
        `a subscription by the id ${id.slice(0, 8)}`,
        `{"id":${id},"type":"subscribe","payload":{"query":"{"}}`,
      ),
    ),
    ...['1', 'null', '[]', '{}', `"${huge('t')}"`, '"__proto__"', '"constructor"'].map((type) =>
      after(`the type ${type.slice(0, 14)}`, `{"id":"1","type":${type}}`),
    ),
    ...Object.entries(payloads()).map(([name, payload]) =>
      after(`a query that is ${name}`, subscribe('1', `{"query":${payload}}`)),
    ),
    ...Object.entries(payloads()).flatMap(([name, payload]) =>
      ['variables', 'extensions', 'operationName'].map((key) =>
        after(`a subscription whose ${key} are ${name}`, subscribe('1', `{"query":"{","${key}":${payload}}`)),
      ),
    ),
    after('no JSON', 'no JSON'),
    after('nothing', ''),
    after('null', 'null'),
    after('a deep list', deep(32_000)),
    after('64 KB of brackets', huge('[')),
    after('64 KB of spaces', huge(' ')),
    after('bytes', Buffer.alloc(64_000, 0xff), BINARY),
    after('JSON as bytes', init(), BINARY),
    after('text that is not UTF-8', Buffer.alloc(64_000, 0xff)),
    after('more than a message may have', 'a'.repeat(66_000)),
  ];
}

function rawFrames(): HostileFrames[] {
  const after = (name: string, bytes: Buffer) => ({ name, bytes, afterInit: true });
  const many = (count: number, one: Buffer) => Buffer.concat(Array.from({ length: count }, () => one));
  const part = (text: string, opcode = CONTINUATION) => frame(text, opcode, { final: false });
  const closing = (code: number, reason = '') => {
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16BE(code);
    return frame(Buffer.concat([bytes, Buffer.from(reason)]), CLOSE);
  };
  return [
    after('1,000 pings of the protocol below', many(1_000, frame('p', PING))),
    after('1,000 pongs of the protocol below', many(1_000, frame('p', PONG))),
    after('1,000 pings of the protocol', many(1_000, frame('{"type":"ping"}'))),
    after('1,000 pongs of the protocol', many(1_000, frame('{"type":"pong"}'))),
    after('1,000 completions', many(1_000, frame('{"id":"1","type":"complete"}'))),
    after('a ping of 200 bytes', frame('p'.repeat(200), PING)),
    after(
      'a message in 16,000 parts of one byte',
      Buffer.concat([part(' ', TEXT), many(16_000, part(' ')), frame('{"type":"ping"}', CONTINUATION)]),
    ),
    after(
      'a message in 60,000 parts of one byte',
      Buffer.concat([part(' ', TEXT), many(60_000, part(' ')), frame('{"type":"ping"}', CONTINUATION)]),
    ),
    after(
      'a message in 60,000 empty parts',
      Buffer.concat([part('', TEXT), many(60_000, part('')), frame('{"type":"ping"}', CONTINUATION)]),
    ),
    after('a message that has no start', frame('a', CONTINUATION)),
    after('a message that never ends', part('a', TEXT)),
    after('reserved bits', frame('a', TEXT, { reserved: 0x70 })),
    after('a compressed frame that nobody agreed to', frame('a', TEXT, { reserved: 0x40 })),
    after('an unknown opcode', frame('a', 3)),
    after(
      'a frame that says it is of 2^62 bytes',
      Buffer.from([0x81, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ),
    after('a frame without a mask', Buffer.from([0x81, 0x01, 0x61])),
    after('a goodbye by an unknown code', closing(999)),
    after('a goodbye that is not UTF-8', frame(Buffer.from([3, 0xe8, 0xff, 0xff]), CLOSE)),
    after('a goodbye of one byte', frame('a', CLOSE)),
    after('what is no frame', Buffer.alloc(60_000, 0x0a)),
  ];
}
