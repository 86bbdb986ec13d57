import { groupBy } from '../../core/align.ts';
import type { UserId } from '../../core/ids.ts';
import { type Principal, requireScope } from '../../core/principal.ts';
import type { Mail, MailStore } from './mail.store.ts';

/** A message that was given up, or bounced. */
export interface MailFailure {
  readonly kind: string;
  readonly reason: string;
  readonly failedAt: Date;
}

/** Tells administrators of messages that did not reach their recipients. */
export class MailFailures {
  readonly #store: Pick<MailStore, 'latestFailuresOf'>;

  constructor(store: Pick<MailStore, 'latestFailuresOf'>) {
    this.#store = store;
  }

  /**
   * Each user's latest: `result[i]` belongs to `userIds[i]`.
   *
   * @throws {PublicError} FORBIDDEN without `users:read`.
   */
  async latestOf(principal: Principal, userIds: readonly UserId[]): Promise<(MailFailure | null)[]> {
    requireScope(principal, 'users:read');
    const failures = groupBy(await this.#store.latestFailuresOf(userIds), ({ userId }) => userId);
    return userIds.map((id) => asFailure(failures.get(id)?.[0]));
  }
}

function asFailure(mail: Mail | undefined): MailFailure | null {
  if (mail === undefined || mail.failedAt === null) return null;
  return { kind: mail.kind, reason: mail.failure ?? '', failedAt: mail.failedAt };
}
