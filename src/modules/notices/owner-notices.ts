import type { EventType, NewEvent } from '../../core/events.ts';
import { systemOrigin } from '../../core/principal.ts';
import type { MailQueue, MailToQueue } from '../mail/index.ts';
import { requestedBy } from '../sessions/index.ts';

/** At most one notice of a kind per user within this time, where strangers can cause them. */
const REPEATED_AFTER_SECONDS = 3_600;

type Notices = {
  readonly [T in EventType]?: (event: NewEvent<T>) => MailToQueue | null;
};

/** The message that the owner of an account gets for an event (OWASP ASVS 6.3.7). */
const notices: Notices = {
  'user.password_changed': (event) => ({ kind: 'password-changed', ...toSubject(event) }),
  'user.password_reset': (event) => ({ kind: 'password-changed', ...toSubject(event) }),
  'user.password_set': (event) => ({ kind: 'password-changed', ...toSubject(event) }),
  'user.new_device': (event) => ({ kind: 'new-device', ...toSubject(event) }),
  'user.login_blocked': (event) => ({
    kind: 'sign-in-blocked',
    ...toSubject(event),
    notWithinSeconds: REPEATED_AFTER_SECONDS,
  }),
  'session.refresh_token_reused': (event) => ({ kind: 'refresh-token-reused', ...toSubject(event) }),
  'personal_access_token.created': (event) => tokenCreated(event),
  'personal_access_token.rotated': (event) => tokenCreated(event),
  'personal_access_token.revoked': (event) => tokenRevoked(event),
};

/** Queues notices in the transaction of their events. */
export class OwnerNotices {
  readonly #mails: MailQueue;

  constructor(mails: MailQueue) {
    this.#mails = mails;
  }

  async send(events: readonly NewEvent[]): Promise<void> {
    await this.#mails.add(...events.flatMap((event) => noticeOf(event) ?? []));
  }
}

function noticeOf<T extends EventType>(event: NewEvent<T>): MailToQueue | null {
  return (notices[event.type] as ((event: NewEvent<T>) => MailToQueue | null) | undefined)?.(event) ?? null;
}

function tokenCreated(
  event: NewEvent<'personal_access_token.created' | 'personal_access_token.rotated'>,
): MailToQueue {
  const to = toSubject(event);
  return {
    kind: 'personal-access-token-created',
    ...to,
    data: { ...to.data, tokenName: event.data.name },
  };
}

/** Null where another message tells of what revoked the token. */
function tokenRevoked(event: NewEvent<'personal_access_token.revoked'>): MailToQueue | null {
  const { reason, name: tokenName } = event.data;
  // Who else revoked it is not the owner's to know.
  const origin = event.actorId === event.subjectId ? event.origin : systemOrigin;
  const { userId, data } = toSubject({ ...event, origin });
  if (reason === 'REVOKED')
    return { kind: 'personal-access-token-revoked', userId, data: { ...data, tokenName }, origin };
  if (reason === 'LEAKED')
    return { kind: 'personal-access-token-leaked', userId, data: { tokenName }, origin };
  return null;
}

function toSubject({ type, subjectId, origin }: NewEvent) {
  if (subjectId === null) throw new Error(`${type} concerns nobody`);
  return { userId: subjectId, data: requestedBy(origin), origin };
}
