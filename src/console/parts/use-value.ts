import { useLayoutEffect, useReducer } from 'preact/hooks';
import type { Value } from '../api/value.ts';

/** The present value; the component is rendered again when it is set. */
export function useValue<T>(value: Value<T>): T {
  const [, render] = useReducer((count: number, _set: null) => count + 1, 0);
  useLayoutEffect(() => value.subscribe(() => render(null)), [value]);
  return value.get();
}
