import { types } from 'node:util';

/**
 * A test file has globals of its own, and shares packages with other files (`shared-packages.ts`): what one side makes, the
 * other must know by `instanceof`. Syntax makes arrays, errors, functions, promises and regular expressions of its own side.
 */
export function joinRealms(inner: typeof globalThis): void {
  inner.Date = Date;
  for (const [name, isOne] of Object.entries(MADE_BY_SYNTAX)) {
    for (const realm of [globalThis, inner]) know(realm[name as keyof typeof MADE_BY_SYNTAX], isOne);
  }
}

const MADE_BY_SYNTAX = {
  Array: Array.isArray,
  Error: types.isNativeError,
  Function: (value: unknown) => typeof value === 'function',
  Promise: types.isPromise,
  RegExp: types.isRegExp,
};

function know(type: object, isOne: (value: unknown) => boolean): void {
  Object.defineProperty(type, Symbol.hasInstance, {
    configurable: true,
    // Classes that extend it inherit this.
    value(this: object, value: unknown): boolean {
      return isInstance.call(this, value) || (this === type && isOne(value));
    },
  });
}

const isInstance = Function.prototype[Symbol.hasInstance];
