import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { expect, test } from '@jest/globals';
import { Kind, parse, validate } from 'graphql';
import { loadTypeDefs } from '../../src/graphql/schema/type-defs.ts';

const FOLDER = 'src/playground/operations';
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.graphql'));
const schema = buildSubgraphSchema({ typeDefs: loadTypeDefs() });

test('the playground prepares each operation that has a file', () => {
  const index = readFileSync(join(FOLDER, 'index.ts'), 'utf8');
  const imported = [...index.matchAll(/from '\.\/([^']+\.graphql)'/g)].map(([, name]) => name);
  expect(imported.sort()).toEqual([...files].sort());
  expect(files.length).toBeGreaterThan(5);
});

test.each(files)('the prepared operation in %s is valid, and says what it does', (name) => {
  const text = readFileSync(join(FOLDER, name), 'utf8');
  const document = parse(text);
  expect(validate(schema, document)).toEqual([]);
  expect(document.definitions.map(({ kind }) => kind)).toEqual([Kind.OPERATION_DEFINITION]);
  expect(text).toMatch(/^# [A-Z]/);
});
