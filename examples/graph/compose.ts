import { readFileSync } from 'node:fs';
import { composeServices, compositionHasErrors } from '@theguild/federation-composition';
import { parse } from 'graphql';

/**
 * The supergraph of Latchkey and the tasks, as routers read it. In production it is composed before it is deployed, and a
 * mistake stops the deployment: `npm run compose`, at the top of the repository, does the same with `supergraph.yaml`.
 *
 * @throws {Error} with all that is wrong, when the two do not fit.
 */
export function composeSupergraph({ authUrl, tasksUrl }: { authUrl: string; tasksUrl: string }): string {
  const composed = composeServices([
    { name: 'auth', url: authUrl, typeDefs: read('../../schema/latchkey.graphql') },
    { name: 'tasks', url: tasksUrl, typeDefs: read('tasks/schema.graphql') },
  ]);
  if (compositionHasErrors(composed))
    throw new Error(composed.errors.map(({ message }) => message).join('\n'));
  return composed.supergraphSdl;
}

function read(path: string) {
  return parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
}
