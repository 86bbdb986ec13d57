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
  const occurredAt = event.occurredAt.toISOString();
  const payload = { id: event.id, type: event.type, occurredAt, data: event.data };
  const channels = [...(channel === null ? [] : [channel]), ...(streamed ? streamsOf(event) : [])];
  const messages: BusMessage[] = channels.map((name) => ({ channel: name, payload }));
  if (revokes !== undefined) {
    const until = new Date(event.occurredAt.getTime() + revocationSeconds * 1000).toISOString();
    const notBefore = event.data['notBefore'] ?? null;
    const data = { kind: revokes, id: event.data[REVOKED_ID[revokes]] ?? null, notBefore, until };
    messages.push({
      channel: REVOCATIONS_CHANNEL,
      payload: { id: event.id, type: 'revocation', occurredAt, data },
    });
  }
  return messages;
}

/** Where the data of an event names what it revokes. */
const REVOKED_ID = {
  session: 'sessionId',
  personal_access_token: 'personalAccessTokenId',
  user: 'userId',
} as const;

function streamsOf({ data }: RecordedEvent): string[] {
  return [userSessionsChannel(data['userId'] as UserId), ALL_SESSIONS_CHANNEL];
}
