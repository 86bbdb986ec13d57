/** The folder into which a run of the tests builds what operators run. */
export const BUILD_VARIABLE = 'LATCHKEY_TEST_BUILD';

/** What the global setup has set for the test files. */
export function published(variable: string): string {
  const value = process.env[variable];
  if (value === undefined) throw new Error(`${variable} is not set: the global setup did not run.`);
  return value;
}
