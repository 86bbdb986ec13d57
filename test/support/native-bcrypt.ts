import { createRequire } from 'node:module';
import { join } from 'node:path';

/** An optional dependency: there are platforms without a binary of it. */
export const nativeIsInstalled = (() => {
  try {
    createRequire(join(process.cwd(), 'package.json'))('@node-rs/bcrypt');
    return true;
  } catch {
    return false;
  }
})();
