import type { GraphQLResolveInfo, SelectionNode } from 'graphql';

/**
 * Names of the fields selected of what a field resolves to, on whichever of its types, and whether or not `@include` or
 * `@skip` apply: at least those that will be resolved.
 */
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
