import { type GraphQLSchema, isUnionType } from 'graphql';

/**
 * Makes `_entities` return null for a representation that is not an object or not of one of our entity types. The
 * library would fail the whole list, and with it all data that the router had batched.
 */
export function tolerateJunkReferences(schema: GraphQLSchema): GraphQLSchema {
  const field = schema.getQueryType()?.getFields()['_entities'];
  const union = schema.getType('_Entity');
  const resolve = field?.resolve;
  if (field === undefined || resolve === undefined || !isUnionType(union)) return schema;
  const entities = new Set<unknown>(union.getTypes().map(({ name }) => name));
  const isReference = (value: unknown) =>
    typeof value === 'object' &&
    value !== null &&
    entities.has((value as { __typename?: unknown }).__typename);

  field.resolve = (source, { representations, ...args }, context, info) => {
    const references = (representations as unknown[]).filter(isReference);
    const results = (
      resolve(source, { ...args, representations: references }, context, info) as unknown[]
    ).values();
    return (representations as unknown[]).map((value) => (isReference(value) ? results.next().value : null));
  };
  return schema;
}
