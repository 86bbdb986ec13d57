import type { AuthPolicy, Resolvers } from '../generated.ts';

/** The installation's policy: the same for every caller, and constant while the process runs. */
export function policyResolvers(policy: AuthPolicy): Resolvers {
  return { Query: { authPolicy: () => policy } };
}
