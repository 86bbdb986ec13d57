import { auditEvent, type DataOf } from '../../core/event-kind.ts';
import type { PersonalAccessTokenId } from '../../core/ids.ts';

export const refusalEvents = {
  'access.denied': auditEvent<{
    readonly code: 'FORBIDDEN';
    readonly personalAccessTokenId?: PersonalAccessTokenId;
  }>({
    description:
      'A signed-in caller was refused what their scopes do not permit. Counted by caller and minute. Refusals of anonymous callers are not recorded.',
    facts: {
      code: '`FORBIDDEN`',
      personalAccessTokenId: 'id of the token, if the caller used one',
    },
    outcome: 'FAILURE',
  }),
};

declare module '../../core/events.ts' {
  interface EventData extends DataOf<typeof refusalEvents> {}
}
