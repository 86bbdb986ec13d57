import { tokenFormat } from '../../core/token-format.ts';

/** Personal access tokens. */
export const { mint: mintToken, imprintOf, recognises: looksLikeToken } = tokenFormat('lkp_');
