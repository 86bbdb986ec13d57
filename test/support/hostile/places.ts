import {
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLScalarType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql';

export type OperationKind = 'query' | 'mutation' | 'subscription';

/** A GraphQL operation as it is sent, its variables as JSON text. */
export interface Operation {
  readonly query: string;
  readonly variables: string;
}

/** Somewhere that a caller may put a value: an argument, a field of an input object, or an item of a list. */
export interface Place {
  /** Such as `Mutation.login(input.identifier)`. */
  readonly name: string;
  readonly kind: OperationKind;
  readonly type: GraphQLInputType;
  /** The operation without it, and whether it may be left out; null for items of lists. */
  readonly omitted: { readonly operation: Operation; readonly allowed: boolean } | null;
  byVariable(json: string): Operation;
  byLiteral(literal: string): Operation;
  /** The variable is declared, by a type that may be null where a default allows it, and is not sent. */
  readonly withoutVariable: Operation | null;
}

/** Every place of a schema that an operation reaches, so that a new argument is one of them without being listed. */
export function placesOf(schema: GraphQLSchema): Place[] {
  return fieldsWithArguments(schema).flatMap((field) =>
    field.arguments.flatMap((argument) => placesOfArgument(field, argument)),
  );
}

interface ReachedField {
  readonly name: string;
  readonly kind: OperationKind;
  readonly arguments: readonly GraphQLArgument[];
  /** The operation around the field's arguments. */
  operation(declared: string, given: string): string;
}

/** Breadth first, so that the way to each field is the shortest. */
function fieldsWithArguments(schema: GraphQLSchema): ReachedField[] {
  const found: ReachedField[] = [];
  const seen = new Set<string>();
  type Step = { type: GraphQLObjectType; kind: OperationKind; around: (inner: string) => string };
  const steps: Step[] = [];
  const roots = [
    ['query', schema.getQueryType()],
    ['mutation', schema.getMutationType()],
    ['subscription', schema.getSubscriptionType()],
  ] as const;
  for (const [kind, type] of roots) if (type) steps.push({ type, kind, around: (inner) => `{ ${inner} }` });
  for (const { type, kind, around } of steps) {
    if (seen.has(type.name)) continue;
    seen.add(type.name);
    // Fields that require nothing come first: by `me` the operation gets further than by the id of nobody.
    const fields = Object.values(type.getFields()).toSorted(
      (a, b) => a.args.filter(isRequiredArgument).length - b.args.filter(isRequiredArgument).length,
    );
    for (const { name, args, type: output } of fields) {
      const below = membersOf(schema, output);
      if (args.length > 0) {
        const set = below.length > 0 ? ' { __typename }' : '';
        found.push({
          name: `${type.name}.${name}`,
          kind,
          arguments: args,
          operation: (declared, given) => `${kind}${declared} ${around(`${name}${given}${set}`)}`,
        });
      }
      const required = args
        .filter(isRequiredArgument)
        .map((arg) => `${arg.name}: ${sample(arg.type, 'literal')}`);
      const given = required.length > 0 ? `(${required.join(', ')})` : '';
      for (const member of below) {
        const inner = (text: string) => around(`${name}${given} { ... on ${member.name} { ${text} } }`);
        steps.push({ type: member, kind, around: inner });
      }
    }
  }
  return found;
}

function membersOf(schema: GraphQLSchema, output: GraphQLOutputType): readonly GraphQLObjectType[] {
  const type = getNamedType(output);
  if (isAbstractType(type)) return schema.getPossibleTypes(type);
  return isObjectType(type) ? [type] : [];
}

type Writing = 'json' | 'literal';
/** The argument's value with this text at the place. */
type Around = (text: string, writing: Writing) => string;

function placesOfArgument(field: ReachedField, argument: GraphQLArgument): Place[] {
  const others = field.arguments.filter((other) => other !== argument && isRequiredArgument(other));
  const declare = (given: readonly GraphQLArgument[], type = String(argument.type)) =>
    given.map((arg) => `$${arg.name}: ${arg === argument ? type : arg.type}`).join(', ');
  const operation = (own: { variable?: string; literal?: string; type?: string } | null): Operation => {
    const byVariable = own !== null && own.literal === undefined ? [argument, ...others] : others;
    const given = byVariable.map((arg) => `${arg.name}: $${arg.name}`);
    if (own?.literal !== undefined) given.push(`${argument.name}: ${own.literal}`);
    const variables = others.map((other) => `"${other.name}":${sample(other.type, 'json')}`);
    if (own?.variable !== undefined) variables.push(`"${argument.name}":${own.variable}`);
    return {
      query: field.operation(
        byVariable.length > 0 ? ` (${declare(byVariable, own?.type)})` : '',
        given.length > 0 ? `(${given.join(', ')})` : '',
      ),
      variables: `{${variables.join(',')}}`,
    };
  };
  const place = (path: string, type: GraphQLInputType, around: Around, omitted: Place['omitted']): Place => ({
    name: `${field.name}(${path})`,
    kind: field.kind,
    type,
    omitted,
    byVariable: (json) => operation({ variable: around(json, 'json') }),
    byLiteral: (literal) => operation({ literal: around(literal, 'literal') }),
    withoutVariable: path === argument.name ? operation({ type: nullable(argument) }) : null,
  });
  const itself = place(argument.name, argument.type, (text) => text, {
    operation: operation(null),
    allowed: !isRequiredArgument(argument),
  });
  const below = placesBelow(argument.type, argument.name, (text) => text, new Set());
  return [
    itself,
    ...below.map(({ path, type, around, without }) =>
      place(
        path,
        type,
        around,
        without && { operation: operation({ variable: without.json }), allowed: without.allowed },
      ),
    ),
  ];
}

/** With a default, or for an argument that may be null, a variable that may be null is allowed (GraphQL §5.8.5). */
function nullable({ type, defaultValue }: GraphQLArgument): string {
  return isNonNullType(type) && defaultValue !== undefined ? String(type.ofType) : String(type);
}

interface Below {
  readonly path: string;
  readonly type: GraphQLInputType;
  readonly around: Around;
  readonly without: { readonly json: string; readonly allowed: boolean } | null;
}

/** Places within a value of the type; `seen` ends at input types that contain themselves. */
function placesBelow(
  type: GraphQLInputType,
  path: string,
  around: Around,
  seen: ReadonlySet<string>,
): Below[] {
  if (isNonNullType(type)) return placesBelow(type.ofType, path, around, seen);
  if (isListType(type)) {
    const itemAround: Around = (text, writing) => around(`[${text}]`, writing);
    const item = { path: `${path}[0]`, type: type.ofType, around: itemAround, without: null };
    return [item, ...placesBelow(type.ofType, item.path, itemAround, seen)];
  }
  if (type.name === '_Any') return keysOfReference(path, around);
  if (!isInputObjectType(type) || seen.has(type.name)) return [];
  const fields = Object.values(type.getFields());
  return fields.flatMap((field) => {
    const others = fields.filter((other) => other !== field && isRequiredInputField(other));
    const object = (text: string | null, writing: Writing) => {
      const pairs = others.map((other) => pair(other.name, sample(other.type, writing), writing));
      if (text !== null) pairs.push(pair(field.name, text, writing));
      return `{${pairs.join(',')}}`;
    };
    const fieldAround: Around = (text, writing) => around(object(text, writing), writing);
    const itself = {
      path: `${path}.${field.name}`,
      type: field.type,
      around: fieldAround,
      without: { json: around(object(null, 'json'), 'json'), allowed: !isRequiredInputField(field) },
    };
    return [itself, ...placesBelow(field.type, itself.path, fieldAround, new Set([...seen, type.name]))];
  });
}

/** What a reference of `_entities` consists of: the schema knows it only as any JSON. */
function keysOfReference(path: string, around: Around): Below[] {
  const others: Record<string, string> = { __typename: '"User"', id: `"${SAMPLE_ID}"` };
  return ['__typename', 'id', 'unknown'].map((key) => {
    const object = (text: string, writing: Writing) => {
      const all = { ...others, [key]: text };
      return `{${Object.entries(all)
        .map(([name, one]) => pair(name, one, writing))
        .join(',')}}`;
    };
    const keyAround: Around = (text, writing) => around(object(text, writing), writing);
    return { path: `${path}.${key}`, type: ANY, around: keyAround, without: null };
  });
}

function pair(key: string, text: string, writing: Writing): string {
  return writing === 'json' ? `"${key}":${text}` : `${key}: ${text}`;
}

const ANY = new GraphQLScalarType({ name: '_Any' });
const SAMPLE_ID = '00000000-0000-4000-8000-000000000000';

/** A value of the type, for what a place requires beside it. */
function sample(type: GraphQLInputType, writing: Writing): string {
  if (isNonNullType(type)) return sample(type.ofType, writing);
  if (isListType(type)) return `[${sample(type.ofType, writing)}]`;
  if (isEnumType(type)) {
    const name = (type.getValues()[0] as { name: string }).name;
    return writing === 'json' ? `"${name}"` : name;
  }
  if (isInputObjectType(type)) {
    const required: GraphQLInputField[] = Object.values(type.getFields()).filter(isRequiredInputField);
    return `{${required.map((field) => pair(field.name, sample(field.type, writing), writing)).join(',')}}`;
  }
  if (type.name === '_Any')
    return `{${pair('__typename', '"User"', writing)},${pair('id', `"${SAMPLE_ID}"`, writing)}}`;
  const known: Record<string, string> = {
    ID: `"${SAMPLE_ID}"`,
    Int: '1',
    Float: '1',
    Boolean: 'true',
    DateTime: '"2026-01-01T00:00:00.000Z"',
  };
  return known[type.name] ?? '"any text of some length"';
}
