import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { concatAST, type DocumentNode, parse } from 'graphql';

/** The printed SDL, generated from the other files; reading it too would define every type twice. */
const GENERATED = 'latchkey.graphql';

/** Parses the SDL sources: one file per feature, in `schema/` at the package root. */
export function loadTypeDefs(folder: URL = schemaFolder()): DocumentNode {
  const files = readdirSync(folder).filter((name) => name.endsWith('.graphql') && name !== GENERATED);
  return concatAST(files.sort().map((name) => parse(readFileSync(new URL(name, folder), 'utf8'))));
}

/** The folder above this file's, at any depth: the build moves this file. */
function schemaFolder(): URL {
  for (let folder = new URL('./', import.meta.url); ; folder = new URL('../', folder)) {
    const schema = new URL('schema/', folder);
    if (existsSync(new URL('_subgraph.graphql', schema))) return schema;
    if (folder.pathname === '/') throw new Error(`there is no schema folder above ${import.meta.url}`);
  }
}
