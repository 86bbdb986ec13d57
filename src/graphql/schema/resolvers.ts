import type { Resolvers } from '../generated.ts';

/** One resolver map of the modules' maps. Types that several modules add to are merged field by field. */
export function mergeResolvers(...maps: readonly Resolvers[]): Resolvers {
  const merged: Record<string, object> = {};
  for (const map of maps) {
    for (const [type, fields] of Object.entries(map))
      merged[type] = { ...merged[type], ...(fields as object) };
  }
  return merged as Resolvers;
}
