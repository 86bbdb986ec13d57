import type { HashingTurn, HashStanding } from '../../core/ports.ts';
import type { Origin } from '../../core/principal.ts';

/** The queue of a hash for a subject. */
export function turnOf(
  { ipAddress }: Origin,
  subject: string,
  standing: HashStanding = 'unknown',
): HashingTurn {
  return { standing, address: ipAddress, subject };
}
