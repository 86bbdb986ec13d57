import { type GraphQLSchema, isUnionType } from 'graphql';

/**
 * Makes `_entities` take each representation on its own: one of a type that is no entity of ours, or that is no object at
 * all, is null like one that names nothing. As the library has it, such a one fails the whole list, and with it everyone's
 * data that the router had batched together.
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
