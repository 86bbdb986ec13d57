import { readdirSync, readFileSync } from 'node:fs';
import { codegen } from '@graphql-codegen/core';
import * as operations from '@graphql-codegen/typescript-operations';
import {
  type DefinitionNode,
  type FragmentDefinitionNode,
  Kind,
  parse,
  print,
  stripIgnoredCharacters,
  visit,
} from 'graphql';
import { loadTypeDefs } from '../src/graphql/schema/type-defs.ts';

const FOLDER = new URL('../src/console/operations/', import.meta.url);

/** The console's operations, one document per file. */
export function consoleDocuments() {
  return readdirSync(FOLDER)
    .sort()
    .map((name) => ({ location: name, document: parse(readFileSync(new URL(name, FOLDER), 'utf8')) }));
}

/** The types of the console's operations, and their texts as values that carry these types: the page parses no GraphQL. */
export async function consoleOperations(filename: string): Promise<string> {
  const documents = consoleDocuments();
  const types = await codegen({
    filename,
    schema: loadTypeDefs(),
    documents,
    config: {
      enumType: 'string-literal',
      useTypeImports: true,
      immutableTypes: true,
      strictScalars: true,
      // JSON has no dates: a DateTime is its text here.
      scalars: { ID: 'string', DateTime: 'string', JSON: 'unknown', _FieldSet: 'string' },
      skipTypename: true,
    },
    plugins: [{ operations: {} }],
    pluginMap: { operations },
  });
  const definitions = documents.flatMap(({ document }) => document.definitions);
  return [HEAD, types, ...textsOf(definitions)].join('\n');
}

const HEAD = `declare const types: unique symbol;

/** The text of an operation, with the types of its data and its variables. */
export type Operation<Data, Variables> = string & { readonly [types]?: (variables: Variables) => Data };
`;

function textsOf(definitions: readonly DefinitionNode[]): string[] {
  const fragments = new Map(
    definitions
      .filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
      .map((definition) => [definition.name.value, definition]),
  );
  return definitions
    .filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
    .map((definition) => {
      const name = definition.name?.value ?? '';
      const type = `${name}${definition.operation[0]?.toUpperCase()}${definition.operation.slice(1)}`;
      const text = [definition, ...fragmentsOf(definition, fragments)].map(print).join('\n');
      const value = JSON.stringify(stripIgnoredCharacters(text));
      return `export const ${name}: Operation<${type}, ${type}Variables> =\n  ${value};\n`;
    });
}

/** The fragments that a definition spreads, directly or not, each once. */
function fragmentsOf(
  definition: DefinitionNode,
  known: ReadonlyMap<string, FragmentDefinitionNode>,
  found = new Set<FragmentDefinitionNode>(),
): Set<FragmentDefinitionNode> {
  visit(definition, {
    FragmentSpread({ name }) {
      const fragment = known.get(name.value);
      if (fragment === undefined || found.has(fragment)) return;
      found.add(fragment);
      fragmentsOf(fragment, known, found);
    },
  });
  return found;
}
