// swc compiles to CommonJS: jest's ESM mode is still behind a flag on the Node versions we support.
export const transform = {
  // JavaScript of ours: what worker threads run without a loader. And jose, which is ESM only.
  '^.+\\.ts$|/src/.+\\.js$|/node_modules/jose/.+\\.js$': [
    '@swc/jest',
    { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
  ],
};

export const transformIgnorePatterns = ['/node_modules/(?!jose/)'];

const common = {
  testEnvironment: '<rootDir>/test/support/environment.ts',
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  setupFiles: ['<rootDir>/test/support/shared-packages.ts'],
  transform,
  transformIgnorePatterns,
};

/** Files that measure time, CPU or memory, or that load the whole machine: they run alone, one after the other. */
const serial = [
  'integration/fair-sign-in',
  'integration/hashing-pool',
  'integration/hashing-turns',
  'integration/database-stalls',
  'integration/refresh-herd',
  'redis/frozen-instance',
  'redis/stream-resources',
].map((file) => `<rootDir>/test/${file}.test.ts`);

export default {
  // For two cores: one more, since a test waits half of its time for other processes.
  maxWorkers: 3,
  // Ends a test that hangs, even on a machine with a lot to do.
  testTimeout: 180_000,
  projects: [
    {
      ...common,
      displayName: 'parallel',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', ...serial],
    },
    {
      ...common,
      displayName: 'serial',
      testMatch: serial,
      runner: '<rootDir>/test/support/serial-runner.mjs',
    },
  ],
};
