import { type MailId, newId, type OneTimeTokenId, type UserId } from '../../core/ids.ts';
import type { JsonValue } from '../../core/json.ts';
import type { UnitOfWork } from '../../core/ports.ts';
import type { Origin } from '../../core/principal.ts';
import type { Signal } from '../../core/signal.ts';
import type { MailStore } from './mail.store.ts';
import type { MailDataOf, MailKindName } from './mail-kinds.ts';

/** A message to queue. */
export type MailToQueue<K extends MailKindName = MailKindName> = {
  readonly [N in K]: {
    readonly kind: N;
    readonly data: MailDataOf<N>;
    readonly tokenId?: OneTimeTokenId;
    /** Queues nothing if the user got one of this kind within so many seconds. */
    readonly notWithinSeconds?: number;
    /** Its header Accept-Language chooses the language. */
    readonly origin: Origin;
  } & (
    | { readonly userId: UserId | null; readonly recipient: string }
    /** To the user's address, if it is confirmed: who has not proved a mailbox causes no mail to it. */
    | { readonly userId: UserId; readonly recipient?: undefined }
  );
}[K];

/** Messages of a kind that one address gets within an hour because somebody asked for them. */
const MAX_PER_HOUR = 5;

interface Dependencies {
  readonly store: Pick<MailStore, 'insert' | 'countTo' | 'deleteAllOf'>;
  readonly unitOfWork: UnitOfWork;
  /** Raised when there is work. */
  readonly added: Signal;
}

/** Queues messages in the transaction of their cause: a slow mail server delays no answer, and a crash loses none. */
export class MailQueue {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  async add(...mails: readonly MailToQueue[]): Promise<void> {
    if (mails.length === 0) return;
    const { store, unitOfWork, added } = this.#deps;
    await store.insert(
      mails.map(
        ({ kind, data, userId, recipient = null, tokenId = null, notWithinSeconds = null, origin }) => ({
          id: newId<MailId>(),
          kind,
          data: data as Readonly<Record<string, JsonValue>>,
          userId,
          recipient,
          tokenId,
          notWithinSeconds,
          languages: origin.languages ?? null,
        }),
      ),
    );
    unitOfWork.afterCommit(() => added.raise());
  }

  /**
   * Whether an address may get another message of a kind that strangers can ask for. Counted by kind: what somebody else asks for must
   * not keep the owner from a reset. Ask before a token is issued, which would replace the one that the owner has.
   */
  async admits(recipient: string, kind: MailKindName): Promise<boolean> {
    return (await this.#deps.store.countTo(recipient, kind, 3_600)) < MAX_PER_HOUR;
  }

  /** Deletes the messages of a user, sent or not, within the transaction that deletes the user. */
  async deleteAllOf(userId: UserId): Promise<void> {
    await this.#deps.store.deleteAllOf(userId);
  }
}
