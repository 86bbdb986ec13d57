import { auditEvent, type DataOf } from '../../core/event-kind.ts';

export const refusalEvents = {
  'access.denied': auditEvent<{ readonly code: 'FORBIDDEN' }>({
    description:
      'A signed-in caller was refused what their scopes do not permit. Counted by caller and minute. Refusals of anonymous callers are not recorded.',
    facts: { code: '`FORBIDDEN`' },
    outcome: 'FAILURE',
  }),
};

declare module '../../core/events.ts' {
  interface EventData extends DataOf<typeof refusalEvents> {}
}
