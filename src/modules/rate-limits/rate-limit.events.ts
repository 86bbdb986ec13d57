import { auditEvent, type DataOf } from '../../core/event-kind.ts';
import type { LimitName } from '../../core/rate-limits.ts';

export const rateLimitEvents = {
  /** Once per window. `subject`: an address, a user's or token's id, or the digest of an identifier. */
  'rate_limit.exceeded': auditEvent<{ readonly limit: LimitName; readonly subject: string }>({
    outcome: 'FAILURE',
  }),
};

declare module '../../core/events.ts' {
  interface EventData extends DataOf<typeof rateLimitEvents> {}
}
