import type { BusMessage } from './event-bus.ts';
import { type EventCatalogue, type EventType, type RecordedEvent, revocationOf } from './events.ts';
import type { UserId } from './ids.ts';

/** Channel of revocations, for services that verify access tokens. */
export const REVOCATIONS_CHANNEL = 'auth:revocations';

/** Channel of session changes of one user. */
export const userSessionsChannel = (userId: UserId) => `auth:user:${userId}:sessions`;

/** Channel of session changes of all users, for administrators. */
export const ALL_SESSIONS_CHANNEL = 'auth:all:sessions';

/**
 * The messages of an event, in order: channel of its type, session streams, revocation. The revocation is last, so that
 * a stream that it ends receives the cause first. Ids and times only; never a secret.
 */
export function messagesOf<T extends EventType>(
  catalogue: EventCatalogue,
  event: RecordedEvent<T>,
  revocationSeconds: number,
): BusMessage[] {
  const { id, type, data } = event;
  const occurredAt = event.occurredAt.toISOString();
  const messages: BusMessage[] = channelsOf(catalogue, event).map((channel) => ({
    channel,
    payload: { id, type, occurredAt, data },
  }));
  const revocation = revocationOf(catalogue, event);
  if (revocation !== null) {
    const notBefore = revocation.notBefore?.toISOString() ?? null;
    const until = new Date(event.occurredAt.getTime() + revocationSeconds * 1000).toISOString();
    const { kind, id: revokedId } = revocation;
    const reason = 'reason' in revocation && { reason: revocation.reason ?? null };
    messages.push({
      channel: REVOCATIONS_CHANNEL,
      payload: {
        id,
        type: 'revocation',
        occurredAt,
        data: { kind, id: revokedId, notBefore, until, ...reason },
      },
    });
  }
  return messages;
}

function channelsOf<T extends EventType>(catalogue: EventCatalogue, event: RecordedEvent<T>): string[] {
  const { channel, streamedTo } = catalogue[event.type];
  return [
    ...(channel === null ? [] : [channel]),
    ...(streamedTo === undefined ? [] : [userSessionsChannel(streamedTo(event.data)), ALL_SESSIONS_CHANNEL]),
  ];
}
