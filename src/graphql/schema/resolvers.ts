/** Resolvers by type and field. Modules type theirs by the generated `Resolvers`. */
export type ResolverMap = Readonly<Record<string, object | undefined>>;

/** Merges the modules' resolver maps, field by field for types that several modules extend. */
export function mergeResolvers(...maps: readonly ResolverMap[]): ResolverMap {
  const merged: Record<string, object> = {};
  for (const map of maps) {
    for (const [type, fields] of Object.entries(map)) merged[type] = { ...merged[type], ...fields };
  }
  return merged;
}
