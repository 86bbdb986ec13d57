import type { AuthPolicy, Resolvers } from '../generated.ts';

/** The installation's rules: they are the same for every caller and do not change while the process runs. */
export function policyResolvers(policy: AuthPolicy): Resolvers {
  return { Query: { authPolicy: () => policy } };
}
