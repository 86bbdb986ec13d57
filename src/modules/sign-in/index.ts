export type * from './outcomes.ts';
