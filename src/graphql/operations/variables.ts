import {
  coerceInputValue,
  type GraphQLInputType,
  type GraphQLSchema,
  isInputType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
  type VariableDefinitionNode,
  valueFromAST,
} from 'graphql';
import { withoutStack } from '../../core/without-stack.ts';
import { limits } from './limits.ts';

export type Variables = Readonly<Record<string, unknown>>;

export type VariablesReading =
  | { readonly kind: 'coerced'; readonly values: Variables }
  | { readonly kind: 'refused'; readonly message: string };

/**
 * The variables as the operation declares them, defaults filled in, or the first thing that is wrong with them
 * (CoerceVariableValues of the specification). graphql-js would look for every error and quote the whole value in each:
 * 45,000 wrong items took seconds, and one field too many beside a password put the password into the router's log. So this
 * stops at the first error and never quotes a value.
 */
export function readVariables(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  given: Variables,
): VariablesReading {
  const values: Record<string, unknown> = {};
  try {
    for (const definition of variableDefinitions) {
      const value = readVariable(schema, definition, given);
      if (value !== undefined) values[definition.variable.name.value] = value;
    }
  } catch (error) {
    if (error instanceof InvalidVariable) return { kind: 'refused', message: error.message };
    throw error;
  }
  return { kind: 'coerced', values };
}

/** Undefined for a variable that has no value: what it is an argument of then takes its own default. */
function readVariable(
  schema: GraphQLSchema,
  { variable, type: typeNode, defaultValue }: VariableDefinitionNode,
  given: Variables,
): unknown {
  const name = variable.name.value;
  const type = typeFromAST(schema, typeNode);
  // Validation has refused a document that declares variables of other types.
  if (!isInputType(type)) throw invalid(`Variable "$${name}" is not of an input type.`);
  const value = Object.hasOwn(given, name) ? given[name] : undefined;
  if (value === undefined) {
    if (defaultValue !== undefined) return valueFromAST(defaultValue, type);
    if (!isNonNullType(type)) return undefined;
    throw invalid(`Variable "$${name}" of required type "${type}" was not provided.`);
  }
  if (value === null && isNonNullType(type)) {
    throw invalid(`Variable "$${name}" of non-null type "${type}" must not be null.`);
  }
  return coerce(name, value, type);
}

function coerce(name: string, value: unknown, type: GraphQLInputType): unknown {
  refuseLongList(name, value);
  const refuse = (path: readonly (string | number)[], message: string) => {
    const place = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('');
    throw invalid(`Variable "$${name}" is not valid at "${name}${place}". ${withoutValue(message)}`);
  };
  const hideSuggestions = true;
  return coerceInputValue(value, type, (path, _value, { message }) => refuse(path, message), hideSuggestions);
}

/** At any place of the value. Not recursive: a value may be nested as deep as the body is long. */
function refuseLongList(name: string, value: unknown): void {
  const left: object[] = [];
  const visit = (part: unknown) => {
    if (typeof part === 'object' && part !== null) left.push(part);
  };
  visit(value);
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (Array.isArray(next) && next.length > limits.listItems) {
      throw invalid(`A list in variable "$${name}" has more than ${limits.listItems} items.`);
    }
    for (const part of Array.isArray(next) ? next : Object.values(next)) visit(part);
  }
}

/** What graphql-js says of shapes names types and fields only; what it says of scalars and enums quotes the value. */
function withoutValue(message: string): string {
  const ofShape =
    /^(Field ".*" (of required type|is not defined)|Expected (non-nullable )?type "[^"]*" (not )?to be)/;
  return ofShape.test(message) ? message : 'The value is not one of its type.';
}

class InvalidVariable extends Error {}

const invalid = (message: string) => withoutStack(() => new InvalidVariable(message));
