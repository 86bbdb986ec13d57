import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql';
import { credentialMutations } from './credential-fields.ts';
import { exceededLimit, rootFields } from './limits.ts';
import { readVariables, type Variables } from './variables.ts';

/**
 * Checks an operation beyond schema validation, for all transports: variables, limits, credential mutations. Returns
 * the error for the client, or null.
 */
export function refuseOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
): GraphQLError | null {
  if ((operation.variableDefinitions ?? []).length > 0) return judge(schema, document, operation, variables);
  // Without variables the result is constant, and `Documents` caches the operation.
  const known = judged.get(operation);
  if (known !== undefined) return known;
  const judgement = judge(schema, document, operation, variables);
  judged.set(operation, judgement);
  return judgement;
}

const judged = new WeakMap<OperationDefinitionNode, GraphQLError | null>();

function judge(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
): GraphQLError | null {
  const reading = readVariables(schema, operation, variables);
  if (reading.kind === 'refused') return badUserInput(reading.message);
  const exceeded = exceededLimit(schema, document, operation, reading.values);
  if (exceeded !== null) return badUserInput(exceeded);
  if (operation.operation !== OperationTypeNode.MUTATION) return null;
  // Routers may add `__typename` at the root.
  const names = rootFields(document, operation)
    .map(({ name }) => name.value)
    .filter((name) => name !== '__typename');
  if (names.length === 1) return null;
  // Several in one request would allow many password guesses per request.
  const credential = names.find((name) => credentialMutations(schema).has(name));
  if (credential === undefined) return null;
  return badUserInput(`${credential} must be the only field of its mutation.`);
}

function badUserInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}
