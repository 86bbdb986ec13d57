import { useLayoutEffect, useReducer } from 'preact/hooks';
import type { Value } from '../api/value.ts';

/** The present value; the component is rendered again when it is set. */
export function useValue<T>(value: Value<T>): T {
  const [, render] = useReducer((count: number) => count + 1, 0);
  useLayoutEffect(() => value.subscribe(() => render(undefined as never)), [value]);
  return value.get();
}
