import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { Variables } from './variables.ts';

/** Limits of one operation. All are checked before execution, except `answerLength`. */
export const limits = {
  /** As many as tokens: graphql-js scans all lines for each error. */
  lines: 1_000,
  tokens: 1_000,
  /** Per list in the variables. */
  listItems: 1_000,
  /** In characters. The response repeats an alias for every item of a list. */
  aliasLength: 100,
  depth: 10,
  aliases: 15,
  rootFields: 5,
  directives: 50,
  /** Of all `_entities` fields together. Routers send several such fields, so they do not count as root fields. */
  representations: 1_000,
  /** Fields to resolve, if every list has the requested length. */
  cost: 50_000,
  /** Characters of the response, counted during execution: twice the size of 50,000 ordinary fields. */
  answerLength: 5_000_000,
} as const;

/**
 * Message about the first limit that the operation exceeds, or null. Requires a valid document and coerced variables,
 * defaults included.
 */
export function exceededLimit(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
): string | null {
  const { depth, aliases, longestAlias, directives, cost } = measure(document, operation, (field) =>
    lengthOf(schema, field, variables),
  );
  const roots = rootFields(document, operation);
  const rootFieldCount = roots.filter(({ name }) => name.value !== '_entities').length;
  const representations = roots
    .filter(({ name }) => name.value === '_entities')
    .reduce((sum, field) => sum + lengthOf(schema, field, variables), 0);
  if (depth > limits.depth) return `The operation is nested deeper than ${limits.depth}.`;
  if (aliases > limits.aliases) return `The operation has more than ${limits.aliases} aliases.`;
  if (longestAlias > limits.aliasLength) return `An alias is longer than ${limits.aliasLength} characters.`;
  if (directives > limits.directives) return `The operation has more than ${limits.directives} directives.`;
  if (rootFieldCount > limits.rootFields)
    return `The operation has more than ${limits.rootFields} root fields.`;
  if (representations > limits.representations)
    return `More than ${limits.representations} representations were sent.`;
  if (cost > limits.cost)
    return `The operation may resolve more than ${limits.cost} fields: ask for shorter lists.`;
  return null;
}

/** The operation's root fields in order, fragments expanded. */
export function rootFields(document: DocumentNode, operation: OperationDefinitionNode): FieldNode[] {
  const fragments = fragmentsOf(document);
  const seen = new Set<string>();
  const collect = ({ selections }: SelectionSetNode): FieldNode[] =>
    selections.flatMap((selection) => {
      if (selection.kind === Kind.FIELD) return [selection];
      if (selection.kind === Kind.INLINE_FRAGMENT) return collect(selection.selectionSet);
      // Fields of a fragment that is spread twice at the root merge.
      if (seen.has(selection.name.value)) return [];
      seen.add(selection.name.value);
      const fragment = fragments.get(selection.name.value);
      return fragment === undefined ? [] : collect(fragment.selectionSet);
    });
  return collect(operation.selectionSet);
}

interface Measure {
  readonly depth: number;
  readonly aliases: number;
  readonly longestAlias: number;
  readonly directives: number;
  readonly cost: number;
}

/** Measures each fragment once, however often it is spread: n fragments can expand to 2^n fields. */
function measure(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  length: (field: FieldNode) => number,
): Measure {
  const fragments = fragmentsOf(document);
  const known = new Map<string, Measure>();

  function ofFragment(name: string): Measure {
    const measured = known.get(name);
    if (measured !== undefined) return measured;
    const fragment = fragments.get(name);
    const result = fragment === undefined ? nothing : ofSet(fragment.selectionSet);
    known.set(name, result);
    return result;
  }

  function ofSet(set: SelectionSetNode | undefined): Measure {
    return (set?.selections ?? []).map(ofSelection).reduce(together, nothing);
  }

  function ofSelection(selection: SelectionSetNode['selections'][number]): Measure {
    const directives = selection.directives?.length ?? 0;
    if (selection.kind === Kind.FRAGMENT_SPREAD)
      return together(ofFragment(selection.name.value), { ...nothing, directives });
    if (selection.kind === Kind.INLINE_FRAGMENT)
      return together(ofSet(selection.selectionSet), { ...nothing, directives });
    const aliases = selection.alias === undefined || selection.name.value === '_entities' ? 0 : 1;
    const below = ofSet(selection.selectionSet);
    const sums = {
      aliases: below.aliases + aliases,
      longestAlias: Math.max(below.longestAlias, selection.alias?.value.length ?? 0),
      directives: below.directives + directives,
    };
    // Introspection is deep and bounded by the schema; when disabled, validation has refused it.
    if (selection.name.value.startsWith('__')) return { ...sums, depth: 1, cost: 1 };
    return { ...sums, depth: below.depth + 1, cost: 1 + length(selection) * below.cost };
  }

  return together(ofSet(operation.selectionSet), {
    ...nothing,
    directives: operation.directives?.length ?? 0,
  });
}

const nothing: Measure = { depth: 0, aliases: 0, longestAlias: 0, directives: 0, cost: 0 };

function together(a: Measure, b: Measure): Measure {
  return {
    depth: Math.max(a.depth, b.depth),
    aliases: a.aliases + b.aliases,
    longestAlias: Math.max(a.longestAlias, b.longestAlias),
    directives: a.directives + b.directives,
    cost: a.cost + b.cost,
  };
}

/**
 * Requested length of a list field, from `first` or `representations`; 1 for other fields. Uses the argument value that
 * execution will use: the default if the variable has no value.
 */
function lengthOf(schema: GraphQLSchema, node: FieldNode, variables: Variables): number {
  const field = listFields(schema).get(node.name.value);
  if (field === undefined) return 1;
  if (field.args.length === 0) return UNBOUNDED_LENGTH;
  const [length] = Object.values(argumentsOf(field, node, variables));
  if (Array.isArray(length)) return length.length;
  return typeof length === 'number' ? Math.max(1, length) : 1;
}

/** Empty if an argument is invalid: the field then fails and returns no list. */
function argumentsOf(field: ListField, node: FieldNode, variables: Variables): Record<string, unknown> {
  try {
    return getArgumentValues(field, node, variables);
  } catch {
    return {};
  }
}

/** Assumed length of a list without a length argument, such as a user's scopes. */
const UNBOUNDED_LENGTH = 10;

/** A list field with only its length argument, if it has one. */
type ListField = GraphQLField<unknown, unknown>;

/** Keyed by field name: fields of the same name have the same length argument on every type. */
function listFields(schema: GraphQLSchema): ReadonlyMap<string, ListField> {
  const known = listFieldsOf.get(schema);
  if (known !== undefined) return known;
  const found = new Map<string, ListField>();
  for (const type of Object.values(schema.getTypeMap())) {
    for (const field of isObjectType(type) ? Object.values(type.getFields()) : []) {
      const args = field.args.filter(({ name }) => name === 'first' || name === 'representations');
      const isUnbounded = isListOfObjects(field) && !type.name.endsWith('Connection');
      if (args.length > 0 || (isUnbounded && !found.has(field.name)))
        found.set(field.name, { ...field, args });
    }
  }
  listFieldsOf.set(schema, found);
  return found;
}

function isListOfObjects({ type }: GraphQLField<unknown, unknown>): boolean {
  return isListType(getNullableType(type)) && isCompositeType(getNamedType(type));
}

const listFieldsOf = new WeakMap<GraphQLSchema, ReadonlyMap<string, ListField>>();

function fragmentsOf(document: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  const fragments = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  return new Map(fragments.map((fragment) => [fragment.name.value, fragment]));
}
