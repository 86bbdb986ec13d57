import { rawMessage } from './wire.ts';

/** A request that is hostile by its head. */
export interface HostileHead {
  readonly name: string;
  readonly message: Buffer;
  /** True where the server may wait for more: it is left after a moment. */
  readonly staysOpen: boolean;
}

/** Below the 16 KB that Node takes for all headers together. */
const BYTES = 15_000;
const ME = '{"query":"{ me { sessions { nodes { device { kind browser os } } } } }"}';
const REFRESH = '{"query":"mutation { refreshSession { __typename } }"}';
const LOGIN =
  '{"query":"mutation { login(input: {identifier: \\"nobody@example.com\\", password: \\"\\"}) { __typename } }"}';

/** Headers that we, or what we are built of, take apart; and what stands before a value that is read further. */
const HEADERS: readonly (readonly [name: string, start?: string])[] = [
  ['authorization'],
  ['authorization', 'Bearer '],
  ['authorization', 'Bearer eyJhbGciOiJub25lIn0.'],
  ['authorization', 'Bearer lkp_'],
  ['cookie'],
  ['cookie', 'latchkey-refresh='],
  ['cookie', '__Host-latchkey-refresh='],
  ['content-type'],
  ['content-type', 'application/json;'],
  ['content-type', 'application/json; charset='],
  ['content-type', 'multipart/form-data; boundary='],
  ['accept'],
  ['accept', 'application/json;'],
  ['accept', 'text/event-stream;'],
  ['accept', 'application/graphql-response+json, '],
  ['accept-encoding'],
  ['accept-language'],
  ['content-encoding'],
  ['x-forwarded-for'],
  ['x-forwarded-for', '127.0.0.1, '],
  ['x-forwarded-proto'],
  ['x-forwarded-host'],
  ['forwarded'],
  ['x-request-id'],
  ['origin'],
  ['origin', 'https://'],
  ['user-agent'],
  ['user-agent', 'Mozilla/5.0 ('],
  ['x-router-secret'],
  ['upgrade'],
  ['upgrade', 'websocket, '],
  ['sec-websocket-protocol', 'graphql-transport-ws, '],
  ['expect'],
  ['te'],
  ['trailer'],
  ['if-none-match'],
  ['if-modified-since'],
  ['range'],
  ['last-event-id'],
  ['x-graphql-event-stream-token'],
  ['x-apollo-operation-name'],
  ['apollo-require-preflight'],
  ['apollo-federation-include-trace'],
  ['access-control-request-headers'],
  ['referer'],
];

/** What parsers split at, trim, skip and go back over. */
const FILLINGS: Readonly<Record<string, string>> = {
  letters: 'a',
  commas: ',',
  semicolons: ';',
  'equals signs': '=',
  'spaces and a letter': ' '.repeat(7_500),
  tabs: '\t',
  percent: '%',
  'percent escapes': '%E6',
  quotes: '"',
  'backslashes in quotes': '"\\',
  slashes: '/',
  dots: '.',
  colons: ':',
  brackets: '(',
  pairs: 'a=b; ',
  qualities: 'a/b;q=0.1,',
  'media types': 'application/json;q=0.1;a="b,c",',
  addresses: '127.0.0.1, ',
  'addresses of IPv6': '::ffff:127.0.0.1,',
  'bytes beyond ASCII': '\u00ff',
};

/** Requests with what `own` names as well, so that they reach the operation: a credential, a router's secret. */
export function hostileHeads(own: Readonly<Record<string, string>>): HostileHead[] {
  return [
    ...HEADERS.flatMap(([name, start = '']) =>
      Object.entries(FILLINGS).map(([filling, unit]) => {
        const value = start + unit.repeat(Math.floor((BYTES - start.length - headLength(own)) / unit.length));
        return head(`${name}: ${start}15 KB of ${filling}`, { ...own, [name]: `${value}a` }, bodyFor(name));
      }),
    ),
    ...heads(own),
    ...targets(own),
  ];
}

function bodyFor(name: string): string {
  if (name === 'cookie') return REFRESH;
  return name === 'user-agent' ? LOGIN : ME;
}

const headLength = (own: Readonly<Record<string, string>>) =>
  Object.entries(own).reduce((sum, [name, value]) => sum + name.length + value.length + 4, 200);

function head(name: string, headers: Readonly<Record<string, string>>, body: string): HostileHead {
  const all = { 'content-type': 'application/json', ...headers };
  const lines = ['Host: latchkey.test', ...linesOf(all), `Content-Length: ${Buffer.byteLength(body)}`];
  const message = rawMessage('POST /graphql HTTP/1.1', lines, Buffer.from(body));
  // With `Upgrade` the connection belongs to whoever answers it.
  return { name, message, staysOpen: true };
}

const linesOf = (headers: Readonly<Record<string, string>>) =>
  Object.entries(headers).map(([name, value]) => `${name}: ${value}`);

/** Heads that are wrong as a whole, and bodies that are sent in an odd way. */
function heads(own: Readonly<Record<string, string>>): HostileHead[] {
  const json = 'Content-Type: application/json';
  const length = `Content-Length: ${ME.length}`;
  const raw = (name: string, lines: readonly string[], body: string | Uint8Array = ME): HostileHead => ({
    name,
    message: rawMessage('POST /graphql HTTP/1.1', [...linesOf(own), ...lines], Buffer.from(body as string)),
    staysOpen: true,
  });
  const host = 'Host: latchkey.test';
  const chunks = (sizes: number, extension = '') =>
    `${Array.from({ length: sizes }, () => `1${extension}\r\n \r\n`).join('')}${ME.length.toString(16)}\r\n${ME}\r\n0\r\n\r\n`;
  return [
    raw('no host', [json, length]),
    raw('two hosts', [host, host, json, length]),
    ...[
      '[',
      ']',
      '::',
      'a b',
      'a:b:c',
      '@',
      'a@b',
      '%',
      'xn--a',
      '漢'.repeat(1_000),
      'a.'.repeat(7_000),
      '/',
      '#',
      '1'.repeat(9_000),
      'a:99999',
    ].map((name) => raw(`the host ${name.slice(0, 8)}`, [`Host: ${name}`, json, length])),
    ...['[', 'a b', '@', '/', '%', 'a:99999'].map((name) =>
      raw(`the forwarded host ${name}`, [host, `X-Forwarded-Host: ${name}`, json, length]),
    ),
    ...['', 'x', 'javascript', 'a b', '://', 'https, http'].map((name) =>
      raw(`the forwarded protocol ${name}`, [host, `X-Forwarded-Proto: ${name}`, json, length]),
    ),
    raw('1,900 headers', [host, json, length, ...Array.from({ length: 1_900 }, (_, i) => `a${i}:`)]),
    raw('1,500 times one header', [host, json, length, ...Array.from({ length: 1_400 }, () => 'accept: a')]),
    raw('500 authorizations', [
      host,
      json,
      length,
      ...Array.from({ length: 500 }, () => 'authorization: Bearer a'),
    ]),
    raw('700 cookies', [host, json, length, ...Array.from({ length: 700 }, () => 'cookie: a=b')]),
    raw('700 forwarded addresses', [
      host,
      json,
      length,
      ...Array.from({ length: 500 }, () => 'x-forwarded-for: 127.0.0.1'),
    ]),
    raw('a header of 20 KB', [host, json, length, `accept: ${'a'.repeat(20_000)}`]),
    ...['-1', '0x10', '1e3', '+1', ' ', '', '9'.repeat(400), '1, 1', '1;1'].map((value) =>
      raw(`the content length ${value.slice(0, 8)}`, [host, json, `Content-Length: ${value}`]),
    ),
    raw('two content lengths', [host, json, length, 'Content-Length: 1']),
    raw('a content length and chunks', [host, json, length, 'Transfer-Encoding: chunked'], chunks(1)),
    raw('a content length that promises more', [host, json, `Content-Length: ${ME.length + 100}`]),
    raw('a content length that promises less', [host, json, 'Content-Length: 5']),
    raw('a content length beyond the limit', [host, json, 'Content-Length: 99999999999']),
    raw('chunks of one byte', [host, json, 'Transfer-Encoding: chunked'], chunks(90_000)),
    raw(
      'chunks with extensions',
      [host, json, 'Transfer-Encoding: chunked'],
      chunks(5_000, `;${'e'.repeat(100)}`),
    ),
    raw(
      'chunks with one long extension',
      [host, json, 'Transfer-Encoding: chunked'],
      chunks(1, `;${'e'.repeat(80_000)}`),
    ),
    raw('chunks that are none', [host, json, 'Transfer-Encoding: chunked'], 'zz\r\n'.repeat(9_000)),
    raw('chunks in another coding', [host, json, 'Transfer-Encoding: gzip, chunked'], chunks(1)),
    raw(
      'trailers of 15 KB',
      [host, json, 'Transfer-Encoding: chunked'],
      `${ME.length.toString(16)}\r\n${ME}\r\n0\r\n${'a: b\r\n'.repeat(2_000)}\r\n`,
    ),
    raw('a compressed body that is none', [host, json, length, 'Content-Encoding: gzip']),
    raw('an expectation', [host, json, length, 'Expect: 100-continue']),
  ];
}

/** Targets of requests: what stands in the first line. */
function targets(own: Readonly<Record<string, string>>): HostileHead[] {
  const get = (name: string, target: string, method = 'GET'): HostileHead => ({
    name: `${method} ${name}`,
    message: rawMessage(
      `${method} ${target} HTTP/1.1`,
      ['Host: latchkey.test', 'apollo-require-preflight: 1', ...linesOf(own)],
      Buffer.alloc(0),
    ),
    staysOpen: true,
  });
  const bytes = BYTES - headLength(own);
  const query = encodeURIComponent('query ($id: ID!) { user(id: $id) { id } }');
  const of = (unit: string, room = bytes - query.length - 100) => unit.repeat(Math.floor(room / unit.length));
  const { authorization: _credential, ...anonymous } = own;
  const cors = (name: string, unit: string): HostileHead => ({
    name: `OPTIONS for ${name}`,
    message: rawMessage(
      'OPTIONS /graphql HTTP/1.1',
      [
        'Host: latchkey.test',
        'Origin: https://app.example.com',
        'Access-Control-Request-Method: POST',
        `Access-Control-Request-Headers: ${of(unit)}`,
        ...linesOf(anonymous),
      ],
      Buffer.alloc(0),
    ),
    staysOpen: true,
  });
  return [
    get('a document of 15 KB', `/graphql?query=${of('%7B')}`),
    get('an operation of spaces', `/graphql?query=${of('+')}`),
    get(
      'newlines before 100 unknown fields',
      `/graphql?query=${of('%0A', bytes - 1_000)}%7B${'a+'.repeat(100)}%7D`,
    ),
    get('deep variables', `/graphql?query=${query}&variables=${of('[')}`),
    get('wide variables', `/graphql?query=${query}&variables=%7B%22id%22:[${of('0,')}0]%7D`),
    get('variables that are no JSON', `/graphql?query=${query}&variables=${of('a')}`),
    get('extensions that are no JSON', `/graphql?query=${query}&extensions=${of('%22')}`),
    get('deep extensions', `/graphql?query=${query}&extensions=${of('[')}`),
    get('several queries', `/graphql?${of(`query=a&`)}`),
    get('7,000 parameters', `/graphql?${of('a&')}`),
    get('7,000 equals signs', `/graphql?${of('=&')}`),
    get('parameters with percent signs', `/graphql?query=${of('%')}`),
    get('parameters with wrong escapes', `/graphql?query=${of('%ZZ')}`),
    get('parameters with brackets', `/graphql?a${of('[]')}=1`),
    get('parameters that are __proto__', `/graphql?${of('__proto__=1&')}`),
    get('plus signs', `/graphql?${of('+')}`),
    get('slashes', `/${of('/')}`),
    get('dots', `/graphql${of('/..')}`),
    get('percent escapes', `/${of('%2F')}`),
    get('wrong escapes', `/${of('%')}`),
    get('semicolons', `/graphql${of(';')}`),
    get('another path of 15 KB', `/${of('a')}`),
    get('a whole address', `http://${of('a.', 10_000)}/graphql`),
    get('an address that is none', 'http://[/graphql'),
    get('two slashes', '//[/graphql?query={__typename}'),
    get('an asterisk', '*', 'OPTIONS'),
    get('a document', `/graphql?query=${of('%7B')}`, 'HEAD'),
    get('a document', `/graphql?query=${of('%7B')}`, 'PUT'),
    get('another path', `/${of('a')}`, 'PROPFIND'),
    cors('15 KB of letters', 'a'),
    cors('15 KB of commas', ','),
    cors('7,000 headers', 'a,'),
    cors('15 KB of spaces', ' ,'),
  ];
}
