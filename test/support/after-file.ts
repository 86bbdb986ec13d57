export type CleanUp = () => Promise<void>;

declare global {
  /** Set by the environment, which runs them. */
  var cleanUps: CleanUp[];
}

/**
 * Runs `cleanUp` after all hooks of the file. Jest runs `afterAll` in the order of definition: what was started first would be
 * stopped first.
 */
export function afterFile(cleanUp: CleanUp): void {
  globalThis.cleanUps.push(cleanUp);
}
