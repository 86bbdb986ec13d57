export { type ActiveToken, Introspection } from './introspection.ts';
