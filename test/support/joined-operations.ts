import {
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  type VariableDefinitionNode,
  visit,
} from 'graphql';
import type { Operation } from './hostile/places.ts';

/** One operation that does what these do: their root fields by alias, with variables of their own. */
export function joined(operations: readonly Operation[]): Operation {
  const variables: Record<string, unknown> = {};
  const definitions: VariableDefinitionNode[] = [];
  const fields: FieldNode[] = [];
  for (const [index, operation] of operations.entries()) {
    const renamed = visit(definitionOf(operation), {
      Variable: (node) => ({ ...node, name: { ...node.name, value: `${node.name.value}${index}` } }),
    });
    definitions.push(...(renamed.variableDefinitions ?? []));
    fields.push({ ...rootOf(renamed), alias: { kind: Kind.NAME, value: `a${index}` } });
    for (const [name, value] of Object.entries(JSON.parse(operation.variables)))
      variables[`${name}${index}`] = value;
  }
  const [first] = operations;
  if (first === undefined) throw new Error('there is no operation to join');
  const query = print({
    ...definitionOf(first),
    variableDefinitions: definitions,
    selectionSet: { kind: Kind.SELECTION_SET, selections: fields },
  });
  return { query, variables: JSON.stringify(variables) };
}

/** The name of an operation's only root field. */
export function rootFieldOf(operation: Operation): string {
  return rootOf(definitionOf(operation)).name.value;
}

function definitionOf({ query }: Operation): OperationDefinitionNode {
  return parse(query).definitions[0] as OperationDefinitionNode;
}

function rootOf({ selectionSet }: OperationDefinitionNode): FieldNode {
  return selectionSet.selections[0] as FieldNode;
}
