import { localBrief, localTime } from '../words/times.ts';

/** A time of the API in the time zone of the browser. */
export function Time({ at, isBrief = false }: { at: string | null; isBrief?: boolean }) {
  if (at === null) return <span class="none">never</span>;
  return <time dateTime={at}>{isBrief ? localBrief(at) : localTime(at)}</time>;
}
