import { createRequire } from 'node:module';

/** Loads a module with a binary. `import` would start a lexer of CommonJS, which takes 3 MB in each thread (Node 20). */
export const requireNative = createRequire(import.meta.url);
