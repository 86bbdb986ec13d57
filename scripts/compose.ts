// `npm run compose`: composes the subgraphs of supergraph.yaml into .data/supergraph.graphql, or into the file that is named.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import {
  composeServices,
  compositionHasErrors,
  type ServiceDefinition,
} from '@theguild/federation-composition';
import { parse } from 'graphql';
import { parse as parseYaml } from 'yaml';

interface Supergraph {
  readonly subgraphs: Readonly<
    Record<string, { readonly routing_url: string; readonly schema: { readonly file: string } }>
  >;
}

const CONFIGURATION = 'supergraph.yaml';
const [output = '.data/supergraph.graphql'] = process.argv.slice(2);

try {
  replace(output, compose(parseYaml(readFileSync(CONFIGURATION, 'utf8')) as Supergraph));
  console.log(`The supergraph is in ${output}.`);
} catch (error) {
  console.error(`${CONFIGURATION} does not compose:`);
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

/** @throws {Error} with all that is wrong, when the subgraphs do not fit. */
function compose({ subgraphs }: Supergraph): string {
  const services = Object.entries(subgraphs).map(
    ([name, { routing_url: url, schema }]): ServiceDefinition => ({
      name,
      url,
      typeDefs: parse(readFileSync(resolve(dirname(CONFIGURATION), schema.file), 'utf8')),
    }),
  );
  const composed = composeServices(services);
  if (compositionHasErrors(composed))
    throw new Error(composed.errors.map(({ message }) => message).join('\n'));
  return composed.supergraphSdl;
}

/** Writes elsewhere, then renames: a router that reads the file finds the old content or the new, whole. */
function replace(path: string, content: string): void {
  const draft = `${path}.draft`;
  mkdirSync(dirname(path), { recursive: true });
  try {
    writeFileSync(draft, content);
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
}
