/**
 * Fails where a field of the schema has no resolver and the parent value no property for it: clients would get null, or an
 * error. Fails also where nothing finds the entities of a type. Types without a mapper are not looked at: the type check
 * demands each of their fields from whoever returns a value.
 */
import { buildASTSchema, type GraphQLObjectType, isObjectType } from 'graphql';
import { noBus } from '../src/app/bus.ts';
import { findersOf, resolversOf } from '../src/app/features/index.ts';
import { Parts } from '../src/app/parts.ts';
import { loadConfig } from '../src/config/config.ts';
import { systemClock as clock } from '../src/core/clock.ts';
import { loadTypeDefs } from '../src/graphql/schema/type-defs.ts';
import type { ResolversParentTypes } from '../src/modules/generated.ts';
import { mappers } from './mappers.ts';

type Mapped = keyof typeof mappers;

/** Properties of parent values that are fields as they are. The type check fails where there is no such property. */
const properties: { readonly [Type in Mapped]?: readonly (keyof ResolversParentTypes[Type])[] } = {
  Authentication: ['accessToken', 'accessTokenExpiresAt', 'refreshToken', 'session'],
  SessionChange: ['id', 'kind', 'occurredAt'],
  AuthEvent: [
    'id',
    'type',
    'outcome',
    'actorId',
    'subjectId',
    'sessionId',
    'requestId',
    'ipAddress',
    'userAgent',
    'occurredAt',
  ],
};

const schema = buildASTSchema(loadTypeDefs(), { assumeValid: true, assumeValidSDL: true });
const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
const parts = createParts();
const resolvers = resolversOf(parts);
const finders = findersOf(parts);

for (const type of Object.values(schema.getTypeMap()).filter(isObjectType)) {
  if (!roots.includes(type) && !(type.name in mappers)) continue;
  for (const field of unresolvedFields(type)) {
    console.error(
      `${type.name}.${field} has no resolver, and is not listed as a property of its parent value`,
    );
    process.exitCode = 1;
  }
}

for (const { name, astNode } of Object.values(schema.getTypeMap()).filter(isObjectType)) {
  const isEntity = astNode?.directives?.some((directive) => directive.name.value === 'key') ?? false;
  if (!isEntity || Object.hasOwn(finders, name)) continue;
  console.error(`${name} has a key, and no feature finds its entities`);
  process.exitCode = 1;
}

/** Resolvers are created and none is called, so that they need nothing to call. */
function createParts(): Parts {
  const nothing = {} as never;
  const config = loadConfig({ NODE_ENV: 'test' });
  return new Parts({
    config,
    database: nothing,
    bus: noBus,
    limiter: nothing,
    mail: nothing,
    pool: nothing,
    clock,
    logger: nothing,
  });
}

function unresolvedFields(type: GraphQLObjectType): string[] {
  const resolved = [...Object.keys(resolvers[type.name] ?? {}), ...(properties[type.name as Mapped] ?? [])];
  return Object.keys(type.getFields()).filter((field) => !resolved.includes(field));
}
