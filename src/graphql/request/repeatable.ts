import { type GraphQLResolveInfo, getArgumentValues } from 'graphql';
import type { RepeatableRequest } from '../../core/idempotency.ts';

/** The mutation that is being resolved, as its repeats are known by. */
export function repeatableOf(info: GraphQLResolveInfo, key: string, proof: string | null): RepeatableRequest {
  const { fieldName, fieldNodes, parentType, path, variableValues } = info;
  const field = parentType.getFields()[fieldName];
  const [node] = fieldNodes;
  if (field === undefined || node === undefined) throw new Error('a resolver runs without its field');
  // One document may have a mutation twice, under two names.
  const mutation = [fieldName, String(path.key)];
  return { key, mutation, args: getArgumentValues(field, node, variableValues), proof };
}
