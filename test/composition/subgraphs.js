import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Latchkey and the subgraph of another team. `variant` is the schema as it is printed for supergraph.yaml (`plain`), or the
 * one that tells routers who may read what (`with directives`).
 */
export function subgraphs(variant) {
  return [
    { name: 'auth', url: 'http://localhost:4001/graphql', sdl: latchkeySdl(variant) },
    { name: 'tasks', url: 'http://localhost:4002/graphql', sdl: read('test/composition/tasks.graphql') },
  ];
}

/** A file of the repository, by its path from the top. */
export function read(path) {
  return readFileSync(`${root}/${path}`, 'utf8');
}

function latchkeySdl(variant) {
  if (variant === 'plain') return read('schema/latchkey.graphql');
  withDirectives ??= printWithDirectives();
  return withDirectives;
}

let withDirectives;

function printWithDirectives() {
  const args = ['--import', 'tsx', 'scripts/print-schema.ts', '--with-directives'];
  return execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
}
