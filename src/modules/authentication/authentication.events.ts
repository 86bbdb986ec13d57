import { auditEvent, type DataOf } from '../../core/event-kind.ts';
import type { PersonalAccessTokenId, ServiceClientId, SessionId, UserId } from '../../core/ids.ts';

export const authenticationEvents = {
  'credential.refused': auditEvent<
    | {
        readonly credential: 'access_token' | 'personal_access_token' | 'unknown';
        readonly reason: 'invalid';
      }
    | {
        readonly credential: 'access_token';
        readonly reason: 'revoked';
        readonly userId: UserId;
        readonly sessionId: SessionId;
        /** Of a service client that acts for the user. */
        readonly clientId?: ServiceClientId;
      }
    | {
        readonly credential: 'access_token';
        readonly reason: 'revoked';
        readonly clientId: ServiceClientId;
      }
    | {
        readonly credential: 'access_token';
        readonly reason: 'revoked';
        readonly userId: UserId;
        readonly personalAccessTokenId: PersonalAccessTokenId;
      }
    | {
        readonly credential: 'personal_access_token';
        readonly reason: 'revoked' | 'expired' | 'account_disabled';
        readonly userId: UserId;
        readonly personalAccessTokenId: PersonalAccessTokenId;
      }
  >({
    description:
      'A request was made with a bearer token that is not valid. Counted by token, if it was once valid, and minute. Expired access tokens are ' +
      'not recorded: clients use them until they refresh.',
    facts: {
      credential: '`access_token`, `personal_access_token`, or `unknown` if it is neither',
      reason:
        '`invalid`: not one of ours, or forged. `revoked`: its session has ended, it was revoked, the roles of the user have changed ' +
        'since, or its service client was disabled. `expired`. `account_disabled`',
      personalAccessTokenId: 'id of the token, or of the one that was exchanged for it',
      clientId: 'id of the service client whose token it is',
    },
    outcome: 'FAILURE',
  }),
};

declare module '../../core/events.ts' {
  interface EventData extends DataOf<typeof authenticationEvents> {}
}
