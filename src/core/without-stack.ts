/**
 * Runs `work` without stacks for the errors that it makes. A refusal needs none, and one request can meet thousands: most
 * of the time that they take is spent on stacks that nobody reads.
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
