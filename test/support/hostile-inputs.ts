import { buildSubgraphSchema } from '@apollo/subgraph';
import { loadTypeDefs } from '../../src/graphql/schema/type-defs.ts';
import { type Operation, type OperationKind, type Place, placesOf } from './hostile/places.ts';
import { type HostileValue, hostileValues, mustBeRefused } from './hostile/values.ts';

/** An operation that must cost little, whatever becomes of it. */
export interface HostileOperation {
  readonly name: string;
  readonly kind: OperationKind;
  /** An error, or a member of a union whose name ends in `Error`. Otherwise it may be answered. */
  readonly mustBeRefused: boolean;
  /** Made when it is needed: all of them together are hundreds of megabytes. */
  operation(): Operation;
}

/** Every argument and input field that the schema has today. */
export const places: readonly Place[] = placesOf(buildSubgraphSchema({ typeDefs: loadTypeDefs() }));

/**
 * Fields that by contract answer the same to any text: to whoever brings a token that is none, the answer says nothing
 * of it.
 */
const TAKE_ANY_TEXT = new Set([
  'Mutation.logout(input.refreshToken)',
  'Mutation.revokeLeakedToken(input.token)',
  'Query.introspectToken(token)',
]);

const READ_BY_LEXER = new Set(['ASCII', 'CJK', 'lone surrogates'].map((of) => `90 KB of ${of}`));

/** Everything that can be sent at a place: by variable, by literal where 1,000 tokens suffice, or left out. */
export function hostileOperations(place: Place, bytes: number): HostileOperation[] {
  const { name, kind, type, omitted } = place;
  const refuses = (value: HostileValue) =>
    mustBeRefused(value, type) && !(value.shape === 'string' && TAKE_ANY_TEXT.has(name));
  const byVariable = hostileValues(type, bytes).map((value) => ({
    name: `${name}: ${value.name}`,
    kind,
    mustBeRefused: refuses(value),
    operation: () => place.byVariable(value.json),
  }));
  const byLiteral = hostileValues(type, bytes).flatMap((value) => {
    const { literal } = value;
    // What a text consists of matters where it is read; as a literal it is the lexer that reads it first, and much alike.
    if (literal === null || (value.shape === 'string' && !READ_BY_LEXER.has(value.name))) return [];
    const operation = () => place.byLiteral(literal);
    return [{ name: `${name}: ${value.name}, as a literal`, kind, mustBeRefused: refuses(value), operation }];
  });
  const left: HostileOperation[] = [];
  if (omitted !== null) {
    const { operation, allowed } = omitted;
    left.push({ name: `${name}: omitted`, kind, mustBeRefused: !allowed, operation: () => operation });
  }
  const { withoutVariable } = place;
  if (withoutVariable !== null && omitted !== null) {
    const refused = !omitted.allowed;
    left.push({
      name: `${name}: a variable that is not sent`,
      kind,
      mustBeRefused: refused,
      operation: () => withoutVariable,
    });
  }
  return [...byVariable, ...byLiteral, ...left];
}
