import { RateLimits } from '../../modules/rate-limits/index.ts';
import { rateLimitEvents } from '../../modules/rate-limits/rate-limit.events.ts';
import type { Feature } from '../feature.ts';
import type { Parts } from '../parts.ts';
import { digest } from './shared.ts';

export const limits = (parts: Parts) =>
  new RateLimits({
    limiter: parts.limiter,
    table: parts.config.rateLimits,
    digest: parts.get(digest),
    events: parts.events,
    counters: parts.counters,
    logger: parts.logger,
  });

export const rateLimits: Feature = { events: rateLimitEvents };
