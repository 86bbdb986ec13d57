import type { BusMessage } from './event-bus.ts';
import { kindOf, type RecordedEvent } from './events.ts';
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
export function messagesOf(event: RecordedEvent, revocationSeconds: number): BusMessage[] {
  const { channel, streamed, revokes } = kindOf(event.type);
  if (channel === null) return [];
  const occurredAt = event.occurredAt.toISOString();
  const payload = { id: event.id, type: event.type, occurredAt, data: event.data };
  const messages: BusMessage[] = [{ channel, payload }];
  if (streamed) {
    const userId = event.data['userId'] as UserId;
    messages.push(
      { channel: userSessionsChannel(userId), payload },
      { channel: ALL_SESSIONS_CHANNEL, payload },
    );
  }
  if (revokes !== undefined) {
    const until = new Date(event.occurredAt.getTime() + revocationSeconds * 1000).toISOString();
    const data = { kind: revokes, id: event.data['sessionId'] ?? null, notBefore: null, until };
    messages.push({
      channel: REVOCATIONS_CHANNEL,
      payload: { id: event.id, type: 'revocation', occurredAt, data },
    });
  }
  return messages;
}
