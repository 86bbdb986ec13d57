import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  getNamedType,
  isLeafType,
  isNullableType,
  isObjectType,
} from 'graphql';
import type { GraphQLContext } from '../request/context.ts';
import { errorBody } from '../results/error-body.ts';
import { sharedRefusal } from '../results/errors.ts';
import { limits } from './limits.ts';

const message = `The answer has more than ${limits.answerLength} characters: ask for shorter lists.`;

/** Replaces the whole response. A mutation has already been executed. */
export const answerTooLarge = errorBody(message, 'BAD_USER_INPUT');

const fieldRefused = sharedRefusal(message);

/** Quotes, colon and comma of a key; assumed length of numbers, times and the like. */
const PUNCTUATION = 4;
const SHORT_VALUE = 20;

type Resolver = GraphQLFieldResolver<unknown, GraphQLContext>;

/**
 * Bounds the size of a response during execution. The cost limit bounds the number of fields, not the length of their
 * values: a response of 146 MB once blocked an instance for seconds. Beyond the limit no further field is resolved, and
 * the response is `answerTooLarge`.
 */
export function limitAnswers(schema: GraphQLSchema): GraphQLSchema {
  const streams = schema.getSubscriptionType();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      const counted = counting(field, field.resolve ?? defaultFieldResolver);
      field.resolve = type === streams ? startingAnew(counted) : counted;
    }
  }
  return schema;
}

function counting(field: GraphQLField<unknown, GraphQLContext>, resolve: Resolver): Resolver {
  const hasValue = isLeafType(getNamedType(field.type));
  const isNullable = isNullableType(field.type);
  return (source, args, context, info) => {
    const { answerSize } = context;
    if (answerSize.exceeded) {
      if (isNullable) return null;
      throw fieldRefused;
    }
    const value = resolve(source, args, context, info);
    // A field's key is a name, never an index.
    const key = info.path.key as string;
    answerSize.add(key.length + PUNCTUATION + (hasValue ? lengthOf(value) : 0));
    return value;
  };
}

/** Resets the count for each event of a stream: every event is a response, and all share one context. */
function startingAnew(resolve: Resolver): Resolver {
  return (source, args, context, info) => {
    context.answerSize.reset();
    return resolve(source, args, context, info);
  };
}

function lengthOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + PUNCTUATION + lengthOf(item), 0);
  if (value === null || typeof value !== 'object' || value instanceof Date) return SHORT_VALUE;
  return Object.entries(value).reduce(
    (sum, [key, item]) => sum + key.length + PUNCTUATION + lengthOf(item),
    0,
  );
}
