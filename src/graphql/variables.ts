import {
  coerceInputValue,
  type GraphQLSchema,
  getVariableValues,
  isInputType,
  type OperationDefinitionNode,
  typeFromAST,
  type VariableDefinitionNode,
} from 'graphql';

export type Variables = Readonly<Record<string, unknown>>;

export type VariablesReading =
  | { readonly kind: 'coerced'; readonly values: Variables }
  | { readonly kind: 'refused'; readonly message: string };

/**
 * The variables as the operation declares them, defaults filled in, or the first thing that is wrong with them. It is
 * told without the values, which graphql-js would quote: one field too many beside a password, and the password stands
 * in the message, and from there in the router's log.
 */
export function readVariables(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  given: Variables,
): VariablesReading {
  const { coerced, errors = [] } = getVariableValues(schema, variableDefinitions, { ...given });
  if (coerced !== undefined) return { kind: 'coerced', values: coerced };
  const [error] = errors;
  const wrong = variableDefinitions.find((definition) => error?.nodes?.includes(definition));
  const message = wrong && complaint(schema, wrong, given);
  return { kind: 'refused', message: message ?? error?.message ?? 'The variables are not valid.' };
}

/** Null where graphql-js had no value to quote: the variable is missing, or null. */
function complaint(schema: GraphQLSchema, { variable, type }: VariableDefinitionNode, given: Variables) {
  const name = variable.name.value;
  const inputType = typeFromAST(schema, type);
  const value = Object.hasOwn(given, name) ? given[name] : null;
  if (value == null || !isInputType(inputType)) return null;
  const found: string[] = [];
  coerceInputValue(value, inputType, (path, _value, { message }) => {
    const place = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('');
    found.push(`Variable "$${name}" is not valid at "${name}${place}". ${withoutValue(message)}`);
  });
  return found[0] ?? null;
}

/** What graphql-js says of shapes names types and fields only; what it says of scalars and enums quotes the value. */
function withoutValue(message: string): string {
  const ofShape =
    /^(Field ".*" (of required type|is not defined)|Expected (non-nullable )?type "[^"]*" (not )?to be)/;
  if (!ofShape.test(message)) return 'The value is not one of its type.';
  return message.replace(/ Did you mean .*/, '');
}
