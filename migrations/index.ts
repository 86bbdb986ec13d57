import { Init1763780000000 } from './1763780000000-init.ts';

/** Listed, not globbed: the same under tsx, jest and the compiled build. */
export const migrations = [Init1763780000000];
