import { readdirSync, readFileSync } from 'node:fs';
import { concatAST, type DocumentNode, parse } from 'graphql';

/** The printed SDL, generated from the other files; reading it too would define every type twice. */
const GENERATED = 'latchkey.graphql';

/** Parses the SDL sources: one file per feature, in `schema/` at the package root. */
export function loadTypeDefs(folder: URL = schemaFolder()): DocumentNode {
  const files = readdirSync(folder).filter((name) => name.endsWith('.graphql') && name !== GENERATED);
  return concatAST(files.sort().map((name) => parse(readFileSync(new URL(name, folder), 'utf8'))));
}

/** The compiled file is one folder deeper, in `dist`. */
function schemaFolder(): URL {
  return new URL(
    import.meta.url.endsWith('.ts') ? '../../../schema/' : '../../../../schema/',
    import.meta.url,
  );
}
