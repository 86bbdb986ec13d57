import { auditEvent, type DataOf } from '../../core/event-kind.ts';
import type { ServiceClientId, SessionId, UserId } from '../../core/ids.ts';
import type { Revocation } from '../../core/revocation.ts';

interface Changed {
  readonly clientId: ServiceClientId;
  readonly notBefore: string;
}

/** Every change, so that all instances and verifiers read the client again. */
const revokes = ({ clientId, notBefore }: Changed): Revocation => ({
  kind: 'service_client',
  id: clientId,
  notBefore: new Date(notBefore),
});

const clientId = 'id of the service client';
const notBefore = 'its tokens that were issued before this time are refused';

export const serviceClientEvents = {
  'service_client.created': auditEvent<{
    readonly clientId: ServiceClientId;
    readonly name: string;
    readonly scopes: readonly string[];
    readonly audiences: readonly string[];
    readonly actsForUsers: boolean;
  }>({
    description: 'An operator created a service client.',
    facts: {
      clientId,
      name: 'its name',
      scopes: 'scopes that its tokens may have',
      audiences: 'audiences that its tokens may have',
      actsForUsers: 'whether it may act for users',
    },
  }),
  'service_client.credentials_rotated': auditEvent<{
    readonly clientId: ServiceClientId;
    readonly notBefore: string;
    readonly valid: number;
  }>({
    description:
      'An operator gave a service client a new secret or key. The one from before remains valid, or none does.',
    facts: { clientId, notBefore, valid: 'number of its secrets and keys that are valid' },
    revokes,
  }),
  'service_client.disabled': auditEvent<{ readonly clientId: ServiceClientId; readonly notBefore: string }>({
    description:
      'An operator disabled a service client: it gets no tokens any more, and those that it has are revoked.',
    facts: { clientId, notBefore },
    revokes,
  }),
  'service_client.enabled': auditEvent<{ readonly clientId: ServiceClientId; readonly notBefore: string }>({
    description: 'An operator enabled a service client that was disabled.',
    facts: { clientId, notBefore },
    revokes,
  }),
  'service_client.refused': auditEvent<{
    readonly clientId?: ServiceClientId;
    readonly reason: 'unknown' | 'wrong_secret' | 'disabled' | 'invalid_assertion' | 'used_assertion';
  }>({
    description: 'A service client was not authenticated. Counted by client and minute.',
    facts: {
      clientId: `${clientId}, if there is one of that id`,
      reason:
        '`unknown`: no service client has that id. `wrong_secret`. `disabled`. `invalid_assertion`: not signed by its key, or a claim is wrong. ' +
        '`used_assertion`: it was used before',
    },
    outcome: 'FAILURE',
  }),
  'service_token.issued': auditEvent<{
    readonly clientId: ServiceClientId;
    readonly tokenId: string;
    readonly audience: string;
    readonly scopes: readonly string[];
    readonly userId?: UserId;
    readonly sessionId?: SessionId;
  }>({
    description: 'A service client got a token, for itself, or to act for a user in one of their sessions.',
    facts: {
      clientId,
      tokenId: 'claim `jti` of the token',
      audience: 'its audience',
      scopes: 'its scopes',
    },
  }),
  'service_client.change_lost': auditEvent<{
    readonly clientId: ServiceClientId;
    readonly notBefore: string;
  }>({
    description:
      'The database had lost a change of a service client, by a failover. Its tokens from before the change are refused again, but ' +
      'it is as it was: disable it again, or rotate its secret.',
    facts: { clientId, notBefore },
    revokes,
  }),
};

declare module '../../core/events.ts' {
  interface EventData extends DataOf<typeof serviceClientEvents> {}
}
