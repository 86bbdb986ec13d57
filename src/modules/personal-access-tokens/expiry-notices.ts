import { inBatches } from '../../core/in-batches.ts';
import type { UnitOfWork } from '../../core/ports.ts';
import { systemOrigin } from '../../core/principal.ts';
import type { MailQueue } from '../mail/index.ts';
import type { PersonalAccessTokenStore } from './personal-access-token.store.ts';

const BATCH_SIZE = 500;

const DAY_MS = 86_400_000;

interface Dependencies {
  readonly store: Pick<PersonalAccessTokenStore, 'takeExpiring'>;
  readonly mails: MailQueue;
  readonly unitOfWork: UnitOfWork;
}

/** Tells owners that a personal access token expires: seven days before, and on the last day. */
export class ExpiryNotices {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Call now and then. */
  run(): Promise<void> {
    return inBatches(this.#deps.unitOfWork, 'expiry notices', BATCH_SIZE, (limit) => this.#send(limit));
  }

  async #send(limit: number): Promise<number> {
    const { store, mails } = this.#deps;
    const expiring = await store.takeExpiring(limit);
    await mails.add(
      ...expiring.map(({ userId, name: tokenName, expiresAt, readAt }) => ({
        kind: 'personal-access-token-expiring' as const,
        userId,
        data: { tokenName, days: daysUntil(expiresAt, readAt) },
        origin: systemOrigin,
      })),
    );
    return expiring.length;
  }
}

/** Whole days, 0 on the last one. The first notice is a little late. */
function daysUntil(expiresAt: Date, now: Date): number {
  const days = (expiresAt.getTime() - now.getTime()) / DAY_MS;
  return days < 1 ? 0 : Math.round(days);
}
