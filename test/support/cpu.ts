/**
 * The CPU that `work` takes, in milliseconds: the least of five, since compilation and garbage collection fall on any of
 * them. Other processes do not count.
 */
export function cpuMs(work: () => unknown): number {
  return Math.min(
    ...Array.from({ length: 5 }, () => {
      const before = process.cpuUsage();
      work();
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1_000;
    }),
  );
}
