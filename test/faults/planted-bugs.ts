import { credentialBugs } from './planted/credentials.ts';
import { eventBugs } from './planted/events.ts';
import { limitBugs } from './planted/limits.ts';
import type { PlantedBug } from './planted/planted-bug.ts';
import { revocationBugs } from './planted/revocations.ts';
import { transactionBugs } from './planted/transactions.ts';

export const plantedBugs: readonly PlantedBug[] = [
  ...transactionBugs,
  ...eventBugs,
  ...credentialBugs,
  ...revocationBugs,
  ...limitBugs,
];
