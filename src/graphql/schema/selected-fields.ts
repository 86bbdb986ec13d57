import type { GraphQLResolveInfo, SelectionNode } from 'graphql';

/** Names of all fields selected directly below this field, on any type, ignoring `@skip` and `@include`. */
export function selectedFields({ fieldNodes, fragments }: GraphQLResolveInfo): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (selections: readonly SelectionNode[] = []): void => {
    for (const selection of selections) {
      if (selection.kind === 'Field') names.add(selection.name.value);
      else if (selection.kind === 'InlineFragment') add(selection.selectionSet.selections);
      else add(fragments[selection.name.value]?.selectionSet.selections);
    }
  };
  for (const { selectionSet } of fieldNodes) add(selectionSet?.selections);
  return names;
}
