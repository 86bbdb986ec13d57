import type { BusMessage } from './event-bus.ts';
import { type EventCatalogue, type EventType, type RecordedEvent, revocationOf } from './events.ts';
import type { UserId } from './ids.ts';

/** Those who check access tokens hear here what is good no more. */
export const REVOCATIONS_CHANNEL = 'auth:revocations';

/** Watched by the streams of one user's sessions. */
export const userSessionsChannel = (userId: UserId) => `auth:user:${userId}:sessions`;

/** Watched by administrators' streams of everyone's sessions. */
export const ALL_SESSIONS_CHANNEL = 'auth:all:sessions';

/**
 * All that is said about an event, in order: the channel of its type, the streams, and last the revocation, so that a
 * stream that ends by it has heard of its cause. Ids and times only; never a secret.
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
    messages.push({
      channel: REVOCATIONS_CHANNEL,
      payload: { id, type: 'revocation', occurredAt, data: { kind, id: revokedId, notBefore, until } },
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
