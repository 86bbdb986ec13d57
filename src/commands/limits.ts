import { Command } from '@commander-js/extra-typings';
import { defaultRateLimits, type LimitName, type RateLimit } from '../core/rate-limits.ts';
import type { Run } from './command.ts';

export const limits = (run: Run) =>
  new Command('limits')
    .summary('print the rate limits')
    .description(
      'Prints the rate limits. The setting RATE_LIMITS changes them. An address is an IPv4 address or an IPv6 /64 network.',
    )
    .action(() =>
      run(async ({ rateLimits }) => {
        if (rateLimits === null) {
          console.log('RATE_LIMITS is off: there are no rate limits.');
          return;
        }
        for (const name of Object.keys(defaultRateLimits) as LimitName[]) {
          const { counts, ...byDefault } = defaultRateLimits[name];
          const changed = isSame(rateLimits[name], byDefault) ? '' : ` (default: ${shown(byDefault)})`;
          console.log(`${name}\n  ${shown(rateLimits[name])}${changed}: ${counts}`);
        }
      }),
    );

const isSame = (a: RateLimit, b: RateLimit) => a.limit === b.limit && a.windowSeconds === b.windowSeconds;

function shown({ limit, windowSeconds }: RateLimit): string {
  return `at most ${limit} in any ${duration(windowSeconds)}`;
}

function duration(seconds: number): string {
  if (seconds % 3_600 === 0) return units(seconds / 3_600, 'hour');
  if (seconds % 60 === 0) return units(seconds / 60, 'minute');
  return units(seconds, 'second');
}

const units = (count: number, unit: string) => (count === 1 ? unit : `${count} ${unit}s`);
