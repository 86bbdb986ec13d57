import { createHash } from 'node:crypto';
import type { Operation } from './places.ts';

/** A body that is not the JSON of an operation, or more than that. */
export interface HostileBody {
  readonly name: string;
  readonly body: string | Uint8Array;
  readonly mustBeRefused: boolean;
}

const ME = '{ me { id } }';
const BYTES = 90_000;

/** What can be wrong with a request beside its operation: its JSON, and the keys that GraphQL over HTTP knows. */
export function hostileBodies(): HostileBody[] {
  const list = (length: number, item: string) => `[${Array.from({ length }, () => item).join(',')}]`;
  const deep = (open: string, close: string, depth: number) => `${open.repeat(depth)}0${close.repeat(depth)}`;
  const huge = (unit: string, bytes = BYTES) => unit.repeat(Math.floor(bytes / unit.length));
  const around = (rest: string) => `{"query":"${ME}",${rest}}`;
  const keys = (length: number, one: (i: number) => string) =>
    Array.from({ length }, (_, i) => one(i)).join(',');
  const persisted = (hash: string) => `"extensions":{"persistedQuery":{"version":1,"sha256Hash":"${hash}"}}`;
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const longQuery = `#${huge('c')}\\n${ME}`;
  const refused: Record<string, string | Uint8Array> = {
    'nothing at all': '',
    null: 'null',
    'a number': '1',
    'a text': '"text"',
    'an empty object': '{}',
    'an empty list': '[]',
    'a batch of 3,500 operations': list(3_500, `{"query":"${ME}"}`),
    'a list of 45,000 numbers': list(45_000, '0'),
    'lists in lists': deep('[', ']', 49_000),
    'objects in objects': deep('{"a":', '}', 15_000),
    'lists that are never closed': huge('['),
    'objects that are never closed': huge('{"a":'),
    'a text that is never closed': `"${huge('a')}`,
    'nothing but spaces': huge(' '),
    'nothing but backslashes': `"${huge('\\')}`,
    'more than the limit': huge(' ', 110_000),
    'bytes that are not UTF-8': Buffer.alloc(BYTES, 0xff),
    NULs: Buffer.alloc(BYTES),
    'a query that is a list': '{"query":["{ me { id } }"]}',
    'a query that is a deep list': `{"query":${deep('[', ']', 40_000)}}`,
    'a query that is a number': '{"query":1e308}',
    'a query that is null': '{"query":null}',
    'a query that is empty': '{"query":""}',
    'variables that are a list': around(`"variables":${list(40_000, '0')}`),
    'variables that are a deep list': around(`"variables":${deep('[', ']', 40_000)}`),
    'variables that are a text': around(`"variables":"${huge('a')}"`),
    'variables that are a number': around('"variables":1e308'),
    'variables with the key __proto__': around('"variables":{"__proto__":{"id":1}}'),
    'the key __proto__ in a wide tree': around(`"variables":{"a":${list(12_000, '{"b":1}')},"__proto__":{}}`),
    'the key __proto__ deep in a tree': around(
      `"variables":${'{"a":'.repeat(15_000)}{"__proto__":{}}${'}'.repeat(15_000)}`,
    ),
    'an unknown operation name of 90 KB': around(`"operationName":"${huge('n')}"`),
    'an operation name that is a list': around(`"operationName":${list(40_000, '0')}`),
    'an operation name that is a number': around('"operationName":1'),
    'extensions that are a list': around(`"extensions":${list(40_000, '0')}`),
    'extensions that are a text': around(`"extensions":"${huge('a')}"`),
    'a persisted query of a wrong hash': around(persisted('0'.repeat(64))),
    'a persisted query by a hash of 90 KB': `{${persisted(huge('0'))}}`,
    'an unknown persisted query': `{${persisted(sha256('unknown'))}}`,
    'a persisted query of an unknown version':
      '{"extensions":{"persistedQuery":{"version":2,"sha256Hash":"0"}}}',
    'a persisted query that is a list': around(`"extensions":{"persistedQuery":${list(40_000, '0')}}`),
  };
  const allowed: Record<string, string | Uint8Array> = {
    'the same key 5,000 times': `{${keys(5_000, () => `"query":"{"`)},"query":"${ME}"}`,
    '5,000 unknown keys': around(keys(5_000, (i) => `"unknown${i}":0`)),
    '5,000 variables that are not declared': around(`"variables":{${keys(5_000, (i) => `"v${i}":0`)}}`),
    'a deep variable that is not declared': around(`"variables":{"v":${deep('[', ']', 40_000)}}`),
    'the text __proto__ 10,000 times': around(
      `"variables":{"v":["__proto__"${',"__proto__"'.repeat(6_000)}]}`,
    ),
    'a key like constructor over a wide tree': around(
      `"variables":{"constructor":1,"a":${list(12_000, '{"b":1}')}}`,
    ),
    'a key like constructor 4,000 times': around(`"variables":{"a":${list(4_000, '{"constructor":1}')}}`),
    'extensions that are deep': around(`"extensions":{"a":${deep('[', ']', 40_000)}}`),
    '5,000 extensions': around(`"extensions":{${keys(5_000, (i) => `"e${i}":0`)}}`),
    'a query that registers itself, of 90 KB': `{"query":"${longQuery}",${persisted(sha256(longQuery.replace('\\n', '\n')))}}`,
    'a mark of byte order': Buffer.from(`\ufeff{"query":"${ME}"}`),
    'spaces of 90 KB around it': `${huge(' ', BYTES / 2)}{"query":"${ME}"}${huge('\n', BYTES / 2)}`,
    'a query of escapes': `{"query":"${[...ME].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"}`,
  };
  return [...withRefusal(refused, true), ...withRefusal(allowed, false)];
}

function withRefusal(bodies: Record<string, string | Uint8Array>, mustBeRefused: boolean): HostileBody[] {
  return Object.entries(bodies).map(([name, body]) => ({ name: `a body: ${name}`, body, mustBeRefused }));
}

/** The body of a request for an operation, whose variables are JSON text already. */
export function bodyOf({ query, variables }: Operation): string {
  return `{"query":${JSON.stringify(query)},"variables":${variables}}`;
}
