import type { Refused } from '../words/refusals.ts';
import { Time } from './time.tsx';

/** Why something was refused, beside what was refused; said at once. */
export function Refusal({ refused }: { refused: Refused | null }) {
  if (refused === null) return null;
  return (
    <p class="refusal" role="alert">
      {refused.message}
      {refused.detail !== undefined && (
        <>
          {' '}
          <bdi>{refused.detail}</bdi>
        </>
      )}
      {refused.retryAt !== undefined && (
        <>
          {' '}
          Try again after <Time at={refused.retryAt} isBrief />.
        </>
      )}
    </p>
  );
}
