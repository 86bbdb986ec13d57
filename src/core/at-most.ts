/** Options of an `LRUCache` of that many entries. By size, since `max` allocates for all of them at once. */
export function atMost(entries: number) {
  return { maxSize: entries, sizeCalculation: () => 1 };
}
