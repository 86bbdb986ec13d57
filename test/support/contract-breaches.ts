import {
  astFromValue,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  isUnionType,
  print,
} from 'graphql';

/**
 * Where the schema that is served differs from the promised one. `notYetServed` lists the coordinates of what is promised
 * and not served, and nothing else.
 */
export function contractBreaches(
  promised: GraphQLSchema,
  served: GraphQLSchema,
  notYetServed: readonly string[],
): string[] {
  const [promises, serves] = [elementsOf(promised), elementsOf(served)];
  const unserved = missing(promises, serves);
  return [
    ...missing(serves, promises).map(
      (element) => `${element} is served and not promised: add it to test/contract/promised.graphql`,
    ),
    ...unserved
      .filter((element) => !notYetServed.includes(element))
      .map((element) => `${element} is promised and not served`),
    ...notYetServed
      .filter((element) => !unserved.includes(element))
      .map((element) => `${element} is not missing: remove it from test/contract/not-yet-served.ts`),
    ...[...promises]
      .filter(([element, type]) => (serves.get(element) ?? type) !== type)
      .map(([element, type]) => `${element} is promised as ${type}, and served as ${serves.get(element)}`),
  ];
}

/** By coordinate, each with its type as SDL writes it. */
type Elements = ReadonlyMap<string, string>;

function elementsOf(schema: GraphQLSchema): Elements {
  const types = Object.values(schema.getTypeMap()).filter(
    (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
  );
  return new Map(types.flatMap((type) => [[type.name, type.constructor.name], ...elementsOfType(type)]));
}

function elementsOfType(type: GraphQLNamedType): [string, string][] {
  const { name } = type;
  if (isEnumType(type)) return type.getValues().map((value) => [`${name}.${value.name}`, 'a value']);
  if (isUnionType(type)) return type.getTypes().map((member) => [`${name}.${member.name}`, 'a member']);
  if (isInputObjectType(type))
    return Object.values(type.getFields()).map((field) => [`${name}.${field.name}`, inputTypeOf(field)]);
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  return [
    ...type.getInterfaces().map((parent): [string, string] => [`${name}.${parent.name}`, 'an interface']),
    ...Object.values(type.getFields()).flatMap((field): [string, string][] => [
      [`${name}.${field.name}`, String(field.type)],
      ...field.args.map((arg): [string, string] => [`${name}.${field.name}(${arg.name}:)`, inputTypeOf(arg)]),
    ]),
  ];
}

function inputTypeOf({ type, defaultValue }: GraphQLArgument | GraphQLInputField): string {
  const value = astFromValue(defaultValue, type);
  return value ? `${type} = ${print(value)}` : String(type);
}

/** What `elements` has and `others` lacks. Where a whole type or field is missing, nothing of it is listed. */
function missing(elements: Elements, others: Elements): string[] {
  const isMissing = (element: string) => elements.has(element) && !others.has(element);
  return [...elements.keys()].filter((element) => isMissing(element) && !ownersOf(element).some(isMissing));
}

/** The type of a field, a value or a member; the field too of an argument. */
function ownersOf(element: string): string[] {
  return [...element.matchAll(/[.(]/g)].map(({ index }) => element.slice(0, index));
}
