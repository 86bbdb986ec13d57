/** Resolvers by type and field. Modules type theirs by the generated `Resolvers`. */
export type ResolverMap = Readonly<Record<string, object | undefined>>;

/** One resolver map of the modules' maps. Types that several modules add to are merged field by field. */
export function mergeResolvers(...maps: readonly ResolverMap[]): ResolverMap {
  const merged: Record<string, object> = {};
  for (const map of maps) {
    for (const [type, fields] of Object.entries(map)) merged[type] = { ...merged[type], ...fields };
  }
  return merged;
}
