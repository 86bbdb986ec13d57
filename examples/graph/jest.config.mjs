import { transform, transformIgnorePatterns } from '../../jest.config.mjs';

// The tests use the tools of the repository around them: run `npm ci` there first.
export default {
  transform,
  transformIgnorePatterns,
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  testTimeout: 60_000,
};
