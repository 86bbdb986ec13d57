import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  getArgumentValues,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

/** How much one operation may ask for. Tokens are counted as it is parsed, everything else before it is executed. */
export const limits = {
  tokens: 1_000,
  depth: 10,
  aliases: 15,
  rootFields: 5,
  directives: 50,
  /** Of all `_entities` fields of an operation together: a router multiplies the fields, so the field itself is free. */
  representations: 1_000,
} as const;

/** What the operation asks too much of, for its sender; null when all is well. The document must be valid. */
export function exceededLimit(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): string | null {
  const { depth, aliases, directives } = measure(document, operation);
  const roots = rootFields(document, operation);
  const rootFieldCount = roots.filter(({ name }) => name.value !== '_entities').length;
  const representations = countRepresentations(schema, roots, variables);
  if (depth > limits.depth) return `The operation is nested deeper than ${limits.depth}.`;
  if (aliases > limits.aliases) return `The operation has more than ${limits.aliases} aliases.`;
  if (directives > limits.directives) return `The operation has more than ${limits.directives} directives.`;
  if (rootFieldCount > limits.rootFields) return `The operation has more than ${limits.rootFields} root fields.`;
  if (representations > limits.representations) return `More than ${limits.representations} representations were sent.`;
  return null;
}

/** The fields of the operation's root type, fragments spread out, in order. */
export function rootFields(document: DocumentNode, operation: OperationDefinitionNode): FieldNode[] {
  const fragments = fragmentsOf(document);
  const seen = new Set<string>();
  const collect = ({ selections }: SelectionSetNode): FieldNode[] =>
    selections.flatMap((selection) => {
      if (selection.kind === Kind.FIELD) return [selection];
      if (selection.kind === Kind.INLINE_FRAGMENT) return collect(selection.selectionSet);
      // A fragment that is spread twice at the root yields the same fields once: they merge.
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
  readonly directives: number;
}

/** Each fragment is measured once, however often it is spread: a document of n fragments can unfold to 2^n fields. */
function measure(document: DocumentNode, operation: OperationDefinitionNode): Measure {
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
    if (selection.kind === Kind.FRAGMENT_SPREAD) return together(ofFragment(selection.name.value), { ...nothing, directives });
    if (selection.kind === Kind.INLINE_FRAGMENT) return together(ofSet(selection.selectionSet), { ...nothing, directives });
    const aliases = selection.alias === undefined || selection.name.value === '_entities' ? 0 : 1;
    const below = ofSet(selection.selectionSet);
    // Introspection is deep by nature and bounded by the schema; where it is off, validation has refused it.
    const depth = selection.name.value.startsWith('__') ? 1 : below.depth + 1;
    return { depth, aliases: below.aliases + aliases, directives: below.directives + directives };
  }

  return together(ofSet(operation.selectionSet), { ...nothing, directives: operation.directives?.length ?? 0 });
}

const nothing: Measure = { depth: 0, aliases: 0, directives: 0 };

function together(a: Measure, b: Measure): Measure {
  return { depth: Math.max(a.depth, b.depth), aliases: a.aliases + b.aliases, directives: a.directives + b.directives };
}

function countRepresentations(schema: GraphQLSchema, roots: readonly FieldNode[], variables: Readonly<Record<string, unknown>>): number {
  const definition = schema.getQueryType()?.getFields()['_entities'];
  if (definition === undefined) return 0;
  const lists = roots
    .filter(({ name }) => name.value === '_entities')
    .map((field) => getArgumentValues(definition, field, variables)['representations']);
  return lists.reduce<number>((sum, list) => sum + (Array.isArray(list) ? list.length : 0), 0);
}

function fragmentsOf(document: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  const fragments = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  return new Map(fragments.map((fragment) => [fragment.name.value, fragment]));
}
