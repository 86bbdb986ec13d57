import type { Verifier } from '../../packages/verifier/src/index.ts';

/** What a verifier accepts a token as, or why it refuses it. */
export async function judged(verifier: Verifier, token: string): Promise<string> {
  const verification = await verifier.verify(`Bearer ${token}`);
  return verification.kind === 'refused' ? verification.reason : verification.kind;
}
