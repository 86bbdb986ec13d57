import { localClock, localTime } from '../words/times.ts';

/** A time of the API in the time zone of the browser. */
export function Time({ at, clock = false }: { at: string | null; clock?: boolean }) {
  if (at === null) return <span class="none">never</span>;
  return <time dateTime={at}>{clock ? localClock(at) : localTime(at)}</time>;
}
