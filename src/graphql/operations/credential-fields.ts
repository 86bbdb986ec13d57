import {
  type GraphQLNamedType,
  type GraphQLSchema,
  type GraphQLType,
  getNamedType,
  isAbstractType,
  isInputObjectType,
  isObjectType,
  isScalarType,
} from 'graphql';

/**
 * Names of mutations that take or return a credential, at any depth of input or result. Detected by field names, since
 * the schema has no marker; a false positive only means that the mutation must be sent on its own.
 */
export const credentialMutations = ofEachSchema((schema) => {
  const fields = Object.values(schema.getMutationType()?.getFields() ?? {});
  return fields.filter((field) => [field, ...field.args].some((part) => holdsCredential(schema, part)));
});

/** Names of queries that take a credential. */
export const credentialQueries = ofEachSchema((schema) => {
  const fields = Object.values(schema.getQueryType()?.getFields() ?? {});
  return fields.filter(({ args }) => args.some((part) => holdsCredential(schema, part)));
});

function ofEachSchema(fieldsOf: (schema: GraphQLSchema) => readonly { readonly name: string }[]) {
  const known = new WeakMap<GraphQLSchema, ReadonlySet<string>>();
  return (schema: GraphQLSchema): ReadonlySet<string> => {
    const names = known.get(schema) ?? new Set(fieldsOf(schema).map(({ name }) => name));
    known.set(schema, names);
    return names;
  };
}

const CREDENTIAL = /(password|passphrase|token|secret|codes?|otp|credential|assertion|signature|proof)$/i;

/** Scalars that hold no credential, whatever the field's name. */
const HARMLESS = new Set(['Boolean', 'DateTime', 'Float', 'Int']);

/** An argument, or a field of an input or of a result. */
interface Part {
  readonly name: string;
  readonly type: GraphQLType;
}

function holdsCredential(
  schema: GraphQLSchema,
  { name, type }: Part,
  seen = new Set<GraphQLType>(),
): boolean {
  const named = getNamedType(type);
  if (isScalarType(named)) return CREDENTIAL.test(name) && !HARMLESS.has(named.name);
  if (seen.has(named)) return false;
  seen.add(named);
  return partsOf(schema, named).some((part) => holdsCredential(schema, part, seen));
}

function partsOf(schema: GraphQLSchema, type: GraphQLNamedType): readonly Part[] {
  if (isAbstractType(type))
    return schema.getPossibleTypes(type).map((member) => ({ name: member.name, type: member }));
  return isObjectType(type) || isInputObjectType(type) ? Object.values(type.getFields()) : [];
}
