import { auditEvent, type DataOf } from '../../core/event-kind.ts';

export const refusalEvents = {
  'access.denied': auditEvent<{ readonly code: 'FORBIDDEN' }>({ outcome: 'FAILURE' }),
};

declare module '../../core/events.ts' {
  interface EventData extends DataOf<typeof refusalEvents> {}
}
