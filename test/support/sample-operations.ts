import { buildSubgraphSchema } from '@apollo/subgraph';
import {
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql';
import { loadTypeDefs } from '../../src/graphql/schema/type-defs.ts';

type RootType = 'Query' | 'Mutation' | 'Subscription' | 'User';

/** A field with all that it requires, made of the schema: so a test of every field has those that are yet to come. */
export interface SampleField {
  readonly name: string;
  /** The field as it stands in a document: `name(a: $a) { __typename }`. */
  readonly selection: string;
  /** What the operation declares for it: `($a: ID!)`, or nothing. */
  readonly declared: string;
  variables(id: string): Record<string, unknown>;
}

/** Every field of a type, with the least that it takes: `id` wherever an id is asked for, any value elsewhere. */
export function sampleFields(typeName: RootType): SampleField[] {
  const type = schema.getType(typeName);
  if (type === undefined || !('getFields' in type)) throw new Error(`there is no type ${typeName}`);
  return (Object.values(type.getFields()) as GraphQLField<unknown, unknown>[]).map(sampleField);
}

const schema = buildSubgraphSchema({ typeDefs: loadTypeDefs() });

function sampleField({ name, args, type }: GraphQLField<unknown, unknown>): SampleField {
  const required = args.filter(isRequiredArgument);
  const list = (items: string[]) => (items.length === 0 ? '' : `(${items.join(', ')})`);
  const below = isCompositeType(getNamedType(type)) ? ' { __typename }' : '';
  return {
    name,
    selection: `${name}${list(required.map((arg) => `${arg.name}: $${arg.name}`))}${below}`,
    declared: list(required.map((arg) => `$${arg.name}: ${arg.type}`)),
    variables: (id) => Object.fromEntries(required.map((arg) => [arg.name, sampleValue(arg.type, id)])),
  };
}

function sampleValue(type: GraphQLInputType, id: string): unknown {
  if (isNonNullType(type)) return sampleValue(type.ofType, id);
  if (isListType(type)) return [sampleValue(type.ofType, id)];
  if (isEnumType(type)) return type.getValues()[0]?.name;
  if (isInputObjectType(type)) {
    const required = Object.values(type.getFields()).filter(isRequiredInputField);
    return Object.fromEntries(required.map((field) => [field.name, sampleValue(field.type, id)]));
  }
  if (type.name === 'ID') return id;
  if (type.name === '_Any') return { __typename: 'User', id };
  return { Int: 1, Float: 1, Boolean: true, DateTime: '2026-01-01T00:00:00.000Z' }[type.name] ?? 'any text';
}
