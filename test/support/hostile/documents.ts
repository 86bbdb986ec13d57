import type { Operation } from './places.ts';

/** A document that costs by what it is, whatever the schema. */
export interface HostileDocument extends Operation {
  readonly name: string;
  readonly mustBeRefused: boolean;
}

const NODE_ID = '00000000-0000-4000-8000-000000000000';
const times = (count: number, one: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => one(i)).join(' ');

interface Ingredients {
  /** How large a document may be. */
  readonly bytes: number;
  /** A user with several sessions, whom the caller may read. */
  readonly userId: string;
}

/** Each within 1,000 tokens, unless its name says otherwise. Some are valid: then they may be answered, but cheaply. */
export function hostileDocuments(ingredients: Ingredients): HostileDocument[] {
  return [
    ...merging(),
    ...positions(ingredients),
    ...names(ingredients),
    ...answers(ingredients),
    ...fragments(),
    ...literals(ingredients),
    ...definitions(ingredients),
  ];
}

function valid(name: string, query: string, variables = '{}'): HostileDocument {
  return { name, query, variables, mustBeRefused: false };
}

function invalid(name: string, query: string, variables = '{}'): HostileDocument {
  return { name, query, variables, mustBeRefused: true };
}

/** Whether fields of one name can be merged is asked of every pair of them (GraphQL §5.3.2). */
function merging(): HostileDocument[] {
  const levels = (width: number, depth: number): string =>
    depth === 0 ? 'id' : times(width, () => `sessions { nodes { user { ${levels(width, depth - 1)} } } }`);
  const differing = times(300, (i) => (i % 2 === 0 ? 'x: id' : 'x: ipAddress'));
  const listed = (fields: string) => `x: sessions { nodes { ${fields} } }`;
  return [
    valid('990 times one field', `{ me { ${times(990, () => 'id')} } }`),
    valid('330 times one field by one alias', `{ me { ${times(320, () => 'a: id')} } }`),
    valid(
      '90 times one field with arguments',
      `{ me { ${times(90, () => 'sessions(first: 1) { totalCount }')} } }`,
    ),
    valid('240 times one field of the root', `{ ${times(240, () => 'me { id }')} }`),
    valid(
      '480 times one field in each of two fragments',
      `{ me { ...A ...B } } ${fragment(
        'A',
        times(480, () => 'id'),
      )} ${fragment(
        'B',
        times(480, () => 'id'),
      )}`,
    ),
    valid('480 times one field in inline fragments', `{ me { ${times(240, () => '... { id }')} } }`),
    valid(
      '30 times each of 30 fields',
      `{ me { ${times(30, () => 'id email username name roles createdAt updatedAt')} } }`,
    ),
    valid('nested fields, 3 of each name, 3 deep', `{ me { ${levels(3, 3)} } }`),
    valid('nested fields, 9 of each name, 2 deep', `{ me { ${levels(9, 2)} } }`),
    valid('nested fields, 2 of each name, 5 deep', `{ me { ${levels(2, 5)} } }`),
    valid(
      '40 overlapping fragments that spread one another',
      `{ me { ${times(40, (i) => `...F${i}`)} } } ${times(40, (i) => fragment(`F${i}`, `id ${times(8, (n) => (i + n + 1 < 40 ? `...F${i + n + 1}` : ''))}`))}`,
    ),
    valid(
      'a chain of 20 fragments, each spread in nested fields',
      `{ me { ...F0 } } ${times(20, (i) =>
        fragment(
          `F${i}`,
          times(3, () => `sessions { nodes { user { ...F${i + 1} } } }`),
        ),
      )} ${fragment('F20', 'id')}`,
    ),
    invalid('300 fields of one alias that differ', `{ me { sessions { nodes { ${differing} } } } }`),
    invalid(
      'a conflict for 20,000 reasons',
      `{ me { ${listed(times(150, () => 'y: id'))} ${listed(times(150, () => 'y: ipAddress'))} } }`,
    ),
    invalid(
      '90 differing arguments',
      `{ me { ${times(90, (i) => `sessions(first: ${i + 1}) { totalCount }`)} } }`,
    ),
    invalid(
      'large differing arguments',
      `{ me { ${times(40, (i) => `sessions(first: [${times(12, () => String(i))}]) { totalCount }`)} } }`,
    ),
  ];
}

/** graphql-js computes the line of every error by walking all lines of the document. */
function positions({ bytes, userId }: Ingredients): HostileDocument[] {
  const unknown = (count: number) => `{ me { ${times(count, (i) => `f${i}`)} } }`;
  const after = (line: string, rest: string) =>
    line.repeat((bytes - rest.length - 100) / (JSON.stringify(line).length - 2)) + rest;
  const conflict = `{ me { x: sessions { nodes { ${times(150, () => 'y: id')} } } x: sessions { nodes { ${times(150, () => 'y: ipAddress')} } } } }`;
  const references = referencesTo(userId, Math.floor(bytes / 160));
  const failing =
    '($r: [_Any!]!) { _entities(representations: $r) { ... on User { sessions(first: 0) { totalCount } } } }';
  const lines = '\n'.repeat((bytes - references.length - failing.length - 200) / 2);
  return [
    invalid('300 unknown fields', unknown(300)),
    invalid('300 unknown fields after 45,000 newlines', after('\n', unknown(300))),
    invalid('300 unknown fields after 22,000 CRLF', after('\r\n', unknown(300))),
    invalid('300 unknown fields after 30,000 comments', after('#\n', unknown(300))),
    invalid('300 unknown fields after 90,000 commas', after(',', unknown(300))),
    invalid('a conflict for 20,000 reasons after 45,000 newlines', after('\n', conflict)),
    invalid('a syntax error after 45,000 newlines', after('\n', '{ me {')),
    invalid('1,001 tokens after 45,000 newlines', after('\n', `{ me { ${times(1_001, () => 'id')} } }`)),
    invalid(
      '240 undefined variables after 45,000 newlines',
      after('\n', `{ me { ${times(140, (i) => `a${i}: sessions(first: $v${i})`)} } }`),
    ),
    invalid(
      '240 unused variables after 45,000 newlines',
      after('\n', `query (${times(240, (i) => `$v${i}: Int`)}) { me { id } }`),
    ),
    invalid(
      'one wrong variable after 45,000 newlines',
      after('\n', 'query ($id: ID!) { user(id: $id) { id } }'),
      '{"id":[]}',
    ),
    valid(
      'an error for each of 560 references after 20,000 newlines',
      `query ${lines}${failing}`,
      `{"r":[${references}]}`,
    ),
    valid(
      'an error for each of 1,000 references',
      `query ${failing}`,
      `{"r":[${referencesTo(userId, Math.min(1_000, Math.floor(bytes / 75)))}]}`,
    ),
  ];
}

/** Names that are repeated in messages, compared with all names of the schema, or written into answers. */
function names({ bytes }: Ingredients): HostileDocument[] {
  const long = 'n'.repeat(bytes - 300);
  const half = 'n'.repeat(bytes / 2 - 300);
  return [
    invalid('the name of a field', `{ me { ${long} } }`),
    invalid('the name of a field of the root', `{ ${long} }`),
    valid('an alias', `{ ${long}: me { id } }`),
    valid('the name of the operation', `query ${long} { me { id } }`),
    valid('the name of a fragment', `{ me { ...${half} } } fragment ${half} on User { id }`),
    invalid('the name of an unknown fragment', `{ me { ...${long} } }`),
    invalid('the name of a variable', `query ($${long}: Int) { me { id } }`),
    invalid('the name of an undefined variable', `{ me { sessions(first: $${long}) { totalCount } } }`),
    invalid('the name of the type of a variable', `query ($v: ${long}) { me { id } }`),
    invalid('the name of a directive', `{ me @${long} { id } }`),
    invalid('the name of the type of a fragment', `{ me { ... on ${long} { id } } }`),
    invalid('the name of an argument', `{ me { sessions(${long}: 1) { totalCount } } }`),
    invalid('an enum value', `{ me { sessions(status: ${long}) { totalCount } } }`),
    invalid(
      'half of it twice: two definitions of a fragment',
      `{ me { id } } ${times(2, () => `fragment ${'n'.repeat(bytes / 3)} on User { id }`)}`,
    ),
    invalid(
      '10 names of 9 KB, nearly those of fields',
      `{ me { ${times(10, (i) => `session${'s'.repeat(bytes / 11)}${i}`)} } }`,
    ),
    invalid(
      '300 names that are nearly those of fields',
      `{ me { ${times(300, (i) => `acountStatu${i}`)} } }`,
    ),
    invalid(
      '240 names that are nearly those of types',
      `{ me { ${times(190, (i) => `... on Usr${i} { id }`)} } }`,
    ),
  ].map((document) => ({ ...document, name: `a long name: ${document.name}` }));
}

/** Small requests that ask for large answers. */
function answers({ bytes, userId }: Ingredients): HostileDocument[] {
  const alias = 'a'.repeat(bytes - 10_000);
  const shortAlias = 'a'.repeat(bytes / 3);
  const many = referencesTo(userId, Math.min(1_000, Math.floor(bytes / 85)));
  const some = referencesTo(userId, Math.floor(bytes / 130));
  const entities = (fields: string, declared = '') =>
    `query ($r: [_Any!]!${declared}) { _entities(representations: $r) { ... on User { ${fields} } } }`;
  const session = 'id status createdAt lastActiveAt expiresAt ipAddress device { kind }';
  return [
    valid(
      'an alias of 80 KB in a list of 100',
      `{ me { sessions(first: 100, status: null) { nodes { ${alias}: id } } } }`,
    ),
    valid(
      'an alias of 80 KB in the edges of a list of 100',
      `{ me { sessions(first: 100, status: null) { edges { node { ${alias}: id } } } } }`,
    ),
    valid(
      'an alias of 80 KB in lists of 20 in a list of 20',
      `{ me { sessions(status: null) { nodes { user { sessions(status: null) { nodes { ${alias}: id } } } } } } }`,
    ),
    valid(
      'an alias of 80 KB for 60 references',
      entities(`${alias}: id`),
      `{"r":[${referencesTo(userId, 60)}]}`,
    ),
    valid('an alias of 30 KB for 690 references', entities(`${shortAlias}: id`), `{"r":[${some}]}`),
    valid(
      'an alias of 80 KB in lists of 20 for 30 references',
      entities(`sessions(status: null) { nodes { ${alias}: id } }`),
      `{"r":[${referencesTo(userId, 30)}]}`,
    ),
    valid(
      '15 aliases of 5 KB in a list of 100',
      `{ me { sessions(first: 100, status: null) { nodes { ${times(15, (i) => `${'a'.repeat(bytes / 18)}${i}: id`)} } } } }`,
    ),
    valid(
      'lists of 20 by a variable that is not sent, for 1,000 references',
      entities(`sessions(first: $n, status: null) { nodes { ${session} } }`, ', $n: Int'),
      `{"r":[${many}]}`,
    ),
    valid(
      'lists of 20 by a variable that is not sent, in one another',
      `query ($n: Int) { me { sessions(first: $n, status: null) { nodes { user { sessions(first: $n, status: null) { nodes { user { id sessions(first: $n, status: null) { nodes { id } } } } } } } } } }`,
    ),
    valid(
      'lists by a variable with a default that is sent null',
      `query ($n: Int = 1) { me { sessions(first: $n) { nodes { id } } } }`,
      '{"n":null}',
    ),
    valid(
      'both nodes and edges of 1,000 references',
      entities(`sessions(first: 4) { nodes { ${session} } edges { node { ${session} } } }`),
      `{"r":[${many}]}`,
    ),
    valid('990 times one field for 1,000 references', entities(times(900, () => 'id')), `{"r":[${many}]}`),
    valid(
      'all that a user is, for 1,000 references',
      entities('id email username name roles createdAt updatedAt lastActiveAt accountStatus'),
      `{"r":[${many}]}`,
    ),
    valid('the SDL five times', `{ ${times(5, (i) => `a${i}: _service { sdl }`)} }`),
    valid('the SDL by 15 aliases', `{ _service { ${times(15, (i) => `a${i}: sdl`)} } }`),
    valid(
      'the SDL by 75 aliases',
      `{ ${times(5, (i) => `a${i}: _service { ${times(2, (n) => `b${n}: sdl`)} }`)} }`,
    ),
    valid('the name of the type 1,000 times', `{ ${times(990, () => '__typename')} }`),
  ];
}

function fragments(): HostileDocument[] {
  const doubling = (spread: (next: string) => string, last: string) =>
    `${times(30, (i) => fragment(`F${i}`, spread(`...F${i + 1}`)))} ${fragment('F30', last)}`;
  const user = (set: string) => `{ user(id: "${NODE_ID}") { ${set} } }`;
  const none = '{ _entities(representations: []) { ...F0 } }';
  return [
    invalid('30 fragments that double', `${user('...F0')} ${doubling((next) => `${next} ${next}`, 'id')}`),
    invalid(
      '30 fragments that double in inline fragments',
      `${user('...F0')} ${doubling((next) => `${next} ... { ${next} }`, 'id')}`,
    ),
    valid(
      '30 fragments that double, for no references',
      `${none} ${doubling((next) => `${next} ${next}`, 'id')}`,
    ),
    valid(
      '30 fragments that double, for one reference',
      `${none.replace('[]', `{__typename: "User", id: "${NODE_ID}"}`)} ${doubling((next) => `${next} ${next}`, 'id')}`,
    ),
    invalid(
      '30 fragments that double below fields',
      `${user('...F0')} ${doubling((next) => `sessions { nodes { user { ${next} ${next} } } }`, 'id')}`,
    ),
    invalid(
      '140 fragments in a circle',
      `{ me { ...F0 } } ${times(140, (i) => fragment(`F${i}`, `...F${(i + 1) % 140}`))}`,
    ),
    invalid(
      '25 fragments, each of which spreads all',
      `{ me { ...F0 } } ${times(25, (i) =>
        fragment(
          `F${i}`,
          times(17, (n) => `...F${(i + n) % 25}`),
        ),
      )}`,
    ),
    invalid(
      'a fragment that spreads itself 480 times',
      `{ me { ...F } } ${fragment(
        'F',
        times(480, () => '...F'),
      )}`,
    ),
    invalid('480 spreads of unknown fragments', `{ me { ${times(480, (i) => `...F${i}`)} } }`),
    valid('480 spreads of one fragment', `{ me { ${times(480, () => '...F')} } } ${fragment('F', 'id')}`),
    invalid('140 unused fragments', `{ me { id } } ${times(140, (i) => fragment(`F${i}`, 'id'))}`),
    invalid('140 fragments of one name', `{ me { ...F } } ${times(140, () => fragment('F', 'id'))}`),
    valid('inline fragments, 300 deep', `{ me { ${'... { '.repeat(300)} id ${'} '.repeat(300)} } }`),
    invalid('inline fragments that never apply', `{ me { ${times(160, () => '... on Session { id }')} } }`),
    invalid('fields in fields, 490 deep', `${'{ me '.repeat(490)}`),
    invalid(
      'a deep tree of valid fields',
      `{ me { ${'sessions { nodes { user { '.repeat(80)} id ${'} } } '.repeat(80)} } }`,
    ),
    invalid(
      '80 operations that spread one chain of 40 fragments',
      `${times(80, (i) => `query Q${i} { me { ...F0 } }`)} ${times(40, (i) => fragment(`F${i}`, i < 39 ? `...F${i + 1}` : 'id'))}`,
    ),
  ];
}

function literals({ bytes }: Ingredients): HostileDocument[] {
  const user = (id: string) => `{ user(id: ${id}) { id } }`;
  return [
    invalid('lists in lists as a literal', user('['.repeat(490) + ']'.repeat(490))),
    invalid('objects in objects as a literal', user(`${'{a: '.repeat(240)}0${'}'.repeat(240)}`)),
    invalid('lists in lists of unclosed brackets', user('['.repeat(990))),
    valid(
      'lists in lists for a reference',
      `{ _entities(representations: [${'['.repeat(480)}${']'.repeat(480)}]) { __typename } }`,
    ),
    invalid('a block string of newlines', user(`"""${'\n'.repeat((bytes - 200) / 2)}"""`)),
    invalid('a block string of indented lines', user(`"""${' x\n'.repeat((bytes - 200) / 4)}"""`)),
    invalid('a block string of escaped quotes', user(`"""${'\\"""'.repeat((bytes - 200) / 8)}"""`)),
    invalid('a block string that never ends', user(`"""${' \n'.repeat((bytes - 200) / 3)}`)),
    invalid('a text of escapes', user(`"${'\\u{61}'.repeat((bytes - 200) / 7)}"`)),
    invalid('a text of wrong escapes', user(`"${'\\u0061'.repeat((bytes - 300) / 7)}\\u{110000}"`)),
    invalid('a text that never ends', user(`"${'a'.repeat(bytes - 200)}`)),
    invalid('a number that never ends', user('1'.repeat(bytes - 200))),
    valid('a comment of 90 KB', `#${'c'.repeat(bytes - 200)}\n{ me { id } }`),
    valid('30,000 comments', `${'#\n'.repeat((bytes - 200) / 3)}{ me { id } }`),
    valid('30,000 marks of byte order', `${'\ufeff'.repeat((bytes - 200) / 3)}{ me { id } }`),
    invalid('990 numbers in a place for one id', user(`[${times(980, (i) => String(i))}]`)),
    invalid(
      '300 wrong keys in an input object',
      `mutation { login(input: {${times(300, (i) => `identifie${i}: 0`)}}) { __typename } }`,
    ),
    invalid(
      '300 times one key in an input object',
      `mutation { login(input: {${times(300, () => 'identifier: "a"')}}) { __typename } }`,
    ),
    invalid(
      '990 wrong scopes',
      `mutation { createPersonalAccessToken(input: {name: "a", scopes: [${times(960, (i) => String(i))}]}) { __typename } }`,
    ),
    invalid(
      '960 unknown scopes',
      `mutation { createPersonalAccessToken(input: {name: "a", scopes: [${times(960, (i) => `"s${i}"`)}]}) { __typename } }`,
    ),
  ];
}

function definitions({ bytes }: Ingredients): HostileDocument[] {
  return [
    invalid('140 directives on one field', `{ me { id ${times(140, () => '@include(if: true)')} } }`),
    invalid('300 unknown directives', `{ me { id ${times(330, (i) => `@d${i}`)} } }`),
    invalid('140 directives, one for each field', `{ me { ${times(140, () => 'id @skip(if: false)')} } }`),
    invalid('240 unused variables', `query (${times(240, (i) => `$v${i}: Int`)}) { me { id } }`),
    invalid('240 variables of unknown types', `query (${times(240, (i) => `$v${i}: T${i}`)}) { me { id } }`),
    invalid('240 variables of one name', `query (${times(240, () => '$v: Int')}) { me { id } }`),
    invalid(
      'variables of types nested in lists',
      `query ($v: ${'['.repeat(480)}Int${']'.repeat(480)}) { me { sessions(first: $v) { totalCount } } }`,
    ),
    invalid(
      'variables with deep defaults',
      `query ($v: ID! = ${'['.repeat(480)}${']'.repeat(480)}) { user(id: $v) { id } }`,
    ),
    invalid(
      '160 operations without a name',
      times(160, () => '{ me { id } }'),
    ),
    invalid(
      '120 operations of one name',
      times(120, () => 'query Q { me { id } }'),
    ),
    invalid(
      'definitions of types',
      times(160, (i) => `type T${i} { a: Int }`),
    ),
    invalid('nothing but brackets', '{'.repeat(bytes - 200)),
    invalid('nothing but quotes', '"'.repeat((bytes - 200) / 2)),
    invalid('nothing but spaces', ' '.repeat(bytes - 200)),
    invalid('nothing but tokens', '!'.repeat(bytes - 200)),
    invalid('characters that no document has', '\u0000'.repeat(bytes / 7)),
    invalid(
      'several fields of a subscription',
      `subscription { ${times(160, (i) => `a${i}: mySessionChanged { id }`)} }`,
    ),
    invalid(
      'one field of a subscription 190 times',
      `subscription { ${times(190, () => 'mySessionChanged { id }')} ${times(10, (i) => `a${i}: mySessionChanged { id }`)} }`,
    ),
  ];
}

function fragment(name: string, set: string): string {
  return `fragment ${name} on User { ${set} }`;
}

function referencesTo(userId: string, count: number): string {
  return Array.from({ length: count }, () => `{"__typename":"User","id":"${userId}"}`).join(',');
}
