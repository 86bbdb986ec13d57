import { GraphQLError, type GraphQLResolveInfo, type GraphQLSchema, responsePathAsArray } from 'graphql';
import { groupBy } from '../../core/align.ts';
import { type Id, parseId } from '../../core/ids.ts';
import type { GraphQLContext } from '../request/context.ts';
import { errorAt } from '../results/errors.ts';
import { MAX_ERRORS } from './guard-resolvers.ts';

/** Finds entities for their parent values: `result[i]` belongs to `ids[i]`; null if missing or not for this caller. */
export type FindEntities = (
  ids: readonly Id<string>[],
  context: GraphQLContext,
  info: GraphQLResolveInfo,
) => Promise<readonly (object | null)[]>;

/** How each entity type is found by its key. */
export type EntityFinders = Readonly<Record<string, FindEntities>>;

/** A well-formed representation: its place in the list, the entity's type and id. */
interface Reference {
  readonly place: number;
  readonly type: string;
  readonly id: Id<string>;
}

/**
 * Resolves `_entities` with one read and one promise per type: the library has four promises per reference, which took a
 * third of the time of a thousand. Representations are untrusted: only the key is read, and one that is malformed or not of
 * our entity types resolves to null, where the library fails the whole list.
 */
export function resolveEntities(schema: GraphQLSchema, finders: EntityFinders): GraphQLSchema {
  const field = schema.getQueryType()?.getFields()['_entities'];
  if (field === undefined) return schema;

  field.resolve = async (_source, { representations }, context: GraphQLContext, info) => {
    const given = representations as readonly unknown[];
    const entities: unknown[] = Array.from(given, () => null);
    const byType = groupBy(referencesIn(given, finders), ({ type }) => type);
    const reads = [...byType].map(async ([type, references]) => {
      try {
        const ids = references.map(({ id }) => id);
        const found = await (finders[type] as FindEntities)(ids, context, info);
        for (const [i, { place }] of references.entries()) {
          const entity = found[i] ?? null;
          entities[place] = entity && { __typename: type, ...entity };
        }
      } catch (error) {
        if (!(error instanceof GraphQLError)) throw error;
        const at = responsePathAsArray(info.path);
        for (const { place } of references)
          entities[place] =
            context.answerSize.countError() > MAX_ERRORS ? null : errorAt(error, [...at, place]);
      }
    });
    await Promise.all(reads);
    return entities;
  };
  return schema;
}

function referencesIn(representations: readonly unknown[], finders: EntityFinders): Reference[] {
  return representations.flatMap((representation, place) => {
    if (typeof representation !== 'object' || representation === null) return [];
    const { __typename: type, id: key } = representation as { __typename?: unknown; id?: unknown };
    const id = parseId<Id<string>>(key);
    if (id === null || typeof type !== 'string' || !Object.hasOwn(finders, type)) return [];
    return { place, type, id };
  });
}
