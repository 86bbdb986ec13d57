import { auditEvent, type DataOf } from '../../core/event-kind.ts';
import type { LimitName } from '../../core/rate-limits.ts';

export const rateLimitEvents = {
  'rate_limit.exceeded': auditEvent<{ readonly limit: LimitName; readonly subject: string }>({
    description: 'A rate limit was exceeded. Once per subject and window, not once per request.',
    facts: {
      limit: 'name of the limit; the command `limits` explains each',
      subject:
        'an IP address or its network, the id of a user, of a personal access token or of a service client, or the keyed digest of what was entered as e-mail address or username',
    },
    outcome: 'FAILURE',
  }),
};

declare module '../../core/events.ts' {
  interface EventData extends DataOf<typeof rateLimitEvents> {}
}
