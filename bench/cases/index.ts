import type { Case } from '../lib/case.ts';
import { me } from './me.ts';

/** In the order of the table. */
export const cases: Readonly<Record<string, Case>> = { me };
