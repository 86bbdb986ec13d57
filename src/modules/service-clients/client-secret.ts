import { tokenFormat } from '../../core/token-format.ts';

/** Secrets of service clients. */
export const { mint: mintSecret, imprintOf: secretImprintOf } = tokenFormat('lks_');
