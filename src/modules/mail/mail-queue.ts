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
    /** To the user's address. */
    | { readonly userId: UserId; readonly recipient?: undefined }
  );
}[K];

interface Dependencies {
  readonly store: Pick<MailStore, 'insert'>;
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
          userId: userId as UserId,
          recipient: recipient as string,
          tokenId,
          notWithinSeconds,
          languages: origin.languages ?? null,
        }),
      ),
    );
    unitOfWork.afterCommit(() => added.raise());
  }
}
