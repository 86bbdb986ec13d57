export { RateLimits } from './rate-limits.ts';
export { type RateLimited, shedding } from './shedding.ts';
