import { expect, test } from '@jest/globals';
import { parse, validate } from 'graphql';
import * as operations from '../../src/console/generated.ts';
import { buildSchema } from '../../src/graphql/schema/schema.ts';
import { loadTypeDefs } from '../../src/graphql/schema/type-defs.ts';

test("each of the console's operations is valid by the public schema, as it is sent", () => {
  const schema = buildSchema({ typeDefs: loadTypeDefs(), resolvers: {} });
  const texts: readonly [string, string][] = Object.entries(operations);
  expect(texts.length).toBeGreaterThan(10);
  for (const [name, text] of texts)
    expect([name, validate(schema, parse(text)).map(({ message }) => message)]).toEqual([name, []]);
});
