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

/** Takes the place of the whole answer. A mutation has been carried out by then. */
export const answerTooLarge = errorBody(message, 'BAD_USER_INPUT');

const fieldRefused = sharedRefusal(message);

/** Quotes, colon and comma beside a key, and what numbers, times and the like take. */
const PUNCTUATION = 4;
const SHORT_VALUE = 20;

type Resolver = GraphQLFieldResolver<unknown, GraphQLContext>;

/**
 * Bounds the answer while it is resolved. The limit of cost bounds the number of fields, not how long their values are; an
 * answer of 146 MB has silenced an instance for seconds. Beyond the limit no field is resolved any more, and
 * `answerTooLarge` is the answer.
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
    // The key of a field is a name, never an index.
    const key = info.path.key as string;
    answerSize.add(key.length + PUNCTUATION + (hasValue ? lengthOf(value) : 0));
    return value;
  };
}

/** Each event of a stream is an answer of its own, and all share one context. */
function startingAnew(resolve: Resolver): Resolver {
  return (source, args, context, info) => {
    context.answerSize.reset();
    return resolve(source, args, context, info);
  };
}

function lengthOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + PUNCTUATION + lengthOf(item), 0);
  return SHORT_VALUE;
}
