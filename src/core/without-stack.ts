/**
 * Runs `work` without capturing stacks for the errors it creates. One request can create thousands of refusals, and
 * most of their cost is the stack, which is not used.
 */
export function withoutStack<T>(work: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
