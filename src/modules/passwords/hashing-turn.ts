import type { UserId } from '../../core/ids.ts';
import type { HashingTurn } from '../../core/ports.ts';
import type { Origin } from '../../core/principal.ts';

/**
 * The queue position by the identifier as given, not by the account it belongs to: if two identifiers of one account
 * shared a queue, their delays would reveal that they belong together.
 */
export function turnOfIdentifier(
  { ipAddress }: Origin,
  { kind, key }: { readonly kind: 'email' | 'username' | 'text'; readonly key: string },
): HashingTurn {
  return { address: ipAddress, subject: `${kind}:${key}` };
}

export function turnOfUser({ ipAddress }: Origin, userId: UserId): HashingTurn {
  return { address: ipAddress, subject: `user:${userId}` };
}
