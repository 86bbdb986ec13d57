import { readdirSync, readFileSync } from 'node:fs';
import { concatAST, type DocumentNode, parse } from 'graphql';

/** The printed SDL, which is made from the other files: reading it too would define everything twice. */
const GENERATED = 'latchkey.graphql';

/** The schema's source: one file per feature, in `schema/` at the top of the package. */
export function loadTypeDefs(folder: URL = schemaFolder()): DocumentNode {
  const files = readdirSync(folder).filter((name) => name.endsWith('.graphql') && name !== GENERATED);
  return concatAST(files.sort().map((name) => parse(readFileSync(new URL(name, folder), 'utf8'))));
}

/** Compiled, this file is one folder deeper, in `dist`. */
function schemaFolder(): URL {
  return new URL(
    import.meta.url.endsWith('.ts') ? '../../../schema/' : '../../../../schema/',
    import.meta.url,
  );
}
