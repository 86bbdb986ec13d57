import { ORDINARY_TTL_SECONDS } from '../core/access-token-lifetimes.ts';
import type { Settings } from './catalogue.ts';

/** What settings of access tokens cost, a sentence each: the server starts with them, and warns. */
export function tokenRisks({ JWT_SECRET, JWT_COMPATIBLE_CLAIMS, JWT_ACCESS_EXPIRY }: Settings): string[] {
  const risks: string[] = [];
  if (JWT_SECRET !== null)
    risks.push(
      'access tokens are signed with JWT_SECRET: every back-end that has it can forge tokens of any user, and routers ' +
        'cannot verify them; docs/older-back-ends.md leads to JWT_PRIVATE_KEY',
    );
  if (JWT_COMPATIBLE_CLAIMS.length > 0)
    risks.push(
      `access tokens carry ${JWT_COMPATIBLE_CLAIMS.join(', ')} (JWT_COMPATIBLE_CLAIMS): whoever sees a token reads them, and they are as of ` +
        'when it was issued; docs/older-back-ends.md leads away from them',
    );
  if (JWT_ACCESS_EXPIRY > ORDINARY_TTL_SECONDS)
    risks.push(
      `access tokens live for ${JWT_ACCESS_EXPIRY} seconds (JWT_ACCESS_EXPIRY): back-ends that verify them by themselves accept those ` +
        'of an ended session for as long',
    );
  return risks;
}
