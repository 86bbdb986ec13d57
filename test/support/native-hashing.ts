import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Optional dependencies: there are platforms without a binary of them. */
export const bcryptIsNative = isInstalled('@node-rs/bcrypt');
export const argon2IsInstalled = isInstalled('@node-rs/argon2');

/** An environment in which neither binary loads: both look for it where this says. */
export const WITHOUT_BINARIES = { NAPI_RS_NATIVE_LIBRARY_PATH: join(process.cwd(), 'no-such-binary.node') };

function isInstalled(name: string): boolean {
  try {
    createRequire(join(process.cwd(), 'package.json'))(name);
    return true;
  } catch {
    return false;
  }
}
