import {
  type GraphQLInputType,
  type GraphQLNamedInputType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';

/** In bytes: with the operation around it such a value stays below the server's body limit of 100 KB. */
export const HUGE = 90_000;
/** In bytes: the same for the 64 KB that a message on a WebSocket may have. */
export const HUGE_ON_WEBSOCKET = 60_000;

/** A value that somebody may send for any argument or input field. */
export interface HostileValue {
  readonly name: string;
  readonly shape: 'string' | 'integer' | 'number' | 'boolean' | 'list' | 'object' | 'null';
  /** Larger than anything of its type that is accepted. */
  readonly huge: boolean;
  /** A value that no type but a JSON scalar has, and that nothing makes fit. */
  readonly junk: boolean;
  /** As JSON text, since JSON can say what no JavaScript value can: 1e400, or a key twice. */
  readonly json: string;
  /** As it stands in a document; null where it has more than 1,000 tokens. */
  readonly literal: string | null;
}

/** Every hostile value for a type; those that differ by alphabet only for types that take text. */
export function hostileValues(type: GraphQLInputType, bytes: number): HostileValue[] {
  const { texts, others } = valuesOf(bytes);
  return [...(takesText(type) ? texts : texts.slice(0, 2)), ...others];
}

/** True where the value must be answered by an error: it is not of the type, or too large for everything of the type. */
export function mustBeRefused(value: HostileValue, type: GraphQLInputType): boolean {
  if (isNonNullType(type)) return value.shape === 'null' || mustBeRefused(value, type.ofType);
  if (value.shape === 'null') return false;
  // One value stands for a list of one (GraphQL §3.11).
  if (isListType(type))
    return value.shape === 'list' ? value.junk && !isAny(type.ofType) : mustBeRefused(value, type.ofType);
  if (isInputObjectType(type)) return value.shape !== 'object' || value.junk;
  if (isEnumType(type)) return true;
  return mustBeRefusedByScalar(value, type);
}

function mustBeRefusedByScalar({ shape, huge }: HostileValue, { name }: GraphQLNamedInputType): boolean {
  switch (name) {
    case '_Any':
      // References that name nothing are answered by null, each on its own.
      return false;
    case 'Int':
      return shape !== 'integer' || huge;
    case 'Float':
      return shape !== 'integer' && shape !== 'number';
    case 'Boolean':
      return shape !== 'boolean';
    case 'ID':
      return (shape !== 'string' && shape !== 'integer') || huge;
    case 'String':
      return shape !== 'string' || huge;
    default:
      return shape !== 'integer';
  }
}

function isAny(type: GraphQLInputType): boolean {
  return isNonNullType(type) ? isAny(type.ofType) : 'name' in type && type.name === '_Any';
}

function takesText(type: GraphQLInputType): boolean {
  if (isNonNullType(type) || isListType(type)) return takesText(type.ofType);
  return !isInputObjectType(type) && !isEnumType(type) && ['ID', 'String', '_Any'].includes(type.name);
}

interface Values {
  readonly texts: readonly HostileValue[];
  readonly others: readonly HostileValue[];
}

/** Made once: hundreds of cases share them, and each is as large as a body may be. */
const known = new Map<number, Values>();

function valuesOf(bytes: number): Values {
  const values = known.get(bytes) ?? { texts: texts(bytes), others: [...shapes(bytes), ...wrongTypes()] };
  known.set(bytes, values);
  return values;
}

/** As JSON repeats it: `unit` is what stands in the text, escapes included. */
const fill = (bytes: number, unit: string) => unit.repeat(Math.floor(bytes / Buffer.byteLength(unit)));
const list = (length: number, item: string) => `[${Array.from({ length }, () => item).join(',')}]`;
const keys = (length: number, pair: (i: number) => string) =>
  `{${Array.from({ length }, (_, i) => pair(i)).join(',')}}`;

function texts(bytes: number): HostileValue[] {
  const alphabets: Record<string, string> = {
    ASCII: fill(bytes, 'a'),
    CJK: fill(bytes, '漢'),
    // Classes of combination that fall: canonical ordering moves every mark past all before it.
    'combining marks that must be reordered': `a${fill(bytes, '\u0345\u035c\u0315\u0301\u0323\u0327\u0334')}`,
    'combining marks, the lowest class last': `a${fill(bytes / 2, '\u0301')}${fill(bytes / 2, '\u0323')}`,
    'full-width letters': fill(bytes, 'Ａ＠'),
    'a ligature that NFKC makes eighteen letters of': fill(bytes, '\ufdfa'),
    'Hangul that composes': fill(bytes, '\u1112\u1161\u11ab'),
    newlines: fill(bytes, '\\n'),
    spaces: fill(bytes, ' '),
    'control characters': fill(bytes, '\\u0000'),
    emoji: fill(bytes, '😀'),
    'lone surrogates': fill(bytes, '\\ud800'),
    'dots and at signs': fill(bytes, '.@'),
    'an address with a domain of CJK': `a@${fill(bytes - 8, '漢')}.com`,
    'an address with a domain of short CJK labels': `a@${fill(bytes - 8, '漢.')}com`,
    'an address with a domain of combining marks': `a@b${fill(bytes - 8, '\u0315\u0323')}.com`,
    'colons and dots, as of an IPv6 address': fill(bytes, '1:.'),
    digits: fill(bytes, '9'),
    'the start of a refresh token': `lkr_${fill(bytes - 4, 'A')}`,
    'the start of a personal access token': `lkp_${fill(bytes - 4, 'A')}`,
    'base64 of a cursor': Buffer.from(`1 ${'0'.repeat(bytes * 0.74)}`).toString('base64url'),
  };
  return Object.entries(alphabets).map(([name, text]) =>
    value(`90 KB of ${name}`, 'string', `"${text}"`, {
      huge: true,
      // Within a document, which is a text in JSON itself, each backslash takes two bytes.
      literal: `"${text.slice(0, text.startsWith('\\') ? Math.floor((text.length * 0.85) / 6) * 6 : undefined)}"`,
    }),
  );
}

/** Numbers, lists and objects that are huge, deep or wide. */
function shapes(bytes: number): HostileValue[] {
  const share = (ofHuge: number) => Math.floor((bytes * ofHuge) / HUGE);
  const deepList = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  const deepObject = (depth: number, key: string) => `${`{${key}:`.repeat(depth)}0${'}'.repeat(depth)}`;
  const junk = { huge: true, junk: true };
  return [
    value('1e308', 'number', '1e308', { huge: true, literal: '1e308' }),
    value('1e400', 'number', '1e400', { huge: true, literal: '1e400' }),
    value('2^53 + 1', 'integer', '9007199254740993', { huge: true, literal: '9007199254740993' }),
    value('a number of 90 KB', 'integer', fill(bytes, '9'), { huge: true, literal: fill(bytes, '9') }),
    value('a fraction of 90 KB', 'number', `0.${fill(bytes, '4')}`, {
      huge: true,
      literal: `0.${fill(bytes, '4')}`,
    }),
    value('45,000 numbers', 'list', list(share(45_000), '0'), { ...junk, literal: list(900, '0') }),
    value('19,000 nulls', 'list', list(share(18_000), 'null'), { ...junk, literal: list(900, 'null') }),
    value('30,000 empty objects', 'list', list(share(30_000), '{}'), { ...junk, literal: list(450, '{}') }),
    value('30,000 empty lists', 'list', list(share(30_000), '[]'), { ...junk, literal: list(450, '[]') }),
    value('20,000 short texts', 'list', list(share(20_000), '""'), { huge: true, literal: list(900, '""') }),
    value('lists in lists, 45,000 deep', 'list', deepList(share(45_000)), {
      ...junk,
      literal: deepList(480),
    }),
    value('objects in objects, 15,000 deep', 'object', deepObject(share(15_000), '"a"'), {
      ...junk,
      literal: deepObject(240, 'a'),
    }),
    value(
      '5,000 unknown keys',
      'object',
      keys(share(5_000), (i) => `"unknown${i}":0`),
      {
        ...junk,
        literal: keys(300, (i) => `unknown${i}:0`),
      },
    ),
    value(
      '5,000 unknown keys of words',
      'object',
      keys(share(4_000), (i) => `"refreshTok${i}":0`),
      {
        ...junk,
        literal: keys(300, (i) => `refreshTok${i}:0`),
      },
    ),
    value(
      '10,000 times one key',
      'object',
      keys(share(10_000), () => `"same":0`),
      {
        ...junk,
        literal: keys(300, () => 'same:0'),
      },
    ),
    value('a key of 90 KB', 'object', `{"${fill(bytes, 'k')}":0}`, {
      ...junk,
      literal: `{${fill(bytes, 'k')}:0}`,
    }),
    value('one unknown key', 'object', '{"unknown":0}', { junk: true, literal: '{unknown:0}' }),
    value('a key that is __proto__', 'object', '{"__proto__":{"a":0}}', {
      junk: true,
      literal: '{__proto__:{a:0}}',
    }),
    value('a key that is constructor', 'object', '{"constructor":{"prototype":{}}}', {
      junk: true,
      literal: '{constructor:{prototype:{}}}',
    }),
  ];
}

function wrongTypes(): HostileValue[] {
  const plain = (name: string, shape: HostileValue['shape'], text: string, junk = false) =>
    value(name, shape, text, { junk, literal: text });
  return [
    plain('null', 'null', 'null'),
    plain('a boolean', 'boolean', 'true'),
    plain('an integer', 'integer', '7'),
    plain('a fraction', 'number', '1.5'),
    plain('a text', 'string', '"any text"'),
    plain('an empty text', 'string', '""'),
    plain('an empty list', 'list', '[]'),
    plain('a list in a list', 'list', '[[]]', true),
    plain('an empty object', 'object', '{}'),
  ];
}

function value(
  name: string,
  shape: HostileValue['shape'],
  json: string,
  { huge = false, junk = false, literal = null }: Partial<HostileValue>,
): HostileValue {
  return { name, shape, json, huge, junk, literal };
}
