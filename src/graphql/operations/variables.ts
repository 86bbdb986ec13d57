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
 * Coerces the variables, defaults included, or returns the first error (CoerceVariableValues of the specification).
 * Stops at the first error and never quotes a value: graphql-js collects all errors and quotes the whole value in each.
 * 45,000 invalid items took seconds, and an unknown field beside a password wrote the password to the router's log.
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

/** Undefined for a variable without a value: the argument then takes its own default. */
function readVariable(
  schema: GraphQLSchema,
  { variable, type: typeNode, defaultValue }: VariableDefinitionNode,
  given: Variables,
): unknown {
  const name = variable.name.value;
  const type = typeFromAST(schema, typeNode);
  // Unreachable after validation.
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

/** Checks lists at any depth. Iterative: a value can be nested as deeply as the body is long. */
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

/** Keeps messages about shapes, which name only types and fields; those about scalars and enums quote the value. */
function withoutValue(message: string): string {
  const ofShape =
    /^(Field ".*" (of required type|is not defined)|Expected (non-nullable )?type "[^"]*" (not )?to be)/;
  return ofShape.test(message) ? message : 'The value does not match its type.';
}

class InvalidVariable extends Error {}

const invalid = (message: string) => withoutStack(() => new InvalidVariable(message));
