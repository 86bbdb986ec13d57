import { ownSession } from '../api/execute.ts';
import { followStream } from './follow-stream.ts';
import type { SessionChange } from './live-sessions.ts';

export type StreamState = 'connecting' | 'connected' | 'waiting';

export interface Watcher {
  /** Whether the person may read the addresses of users. */
  readonly withEmail: boolean;
  onChange(change: SessionChange): void;
  onState(state: StreamState): void;
  /** Changes may have been missed: list again. */
  onGap(): void;
}

const RETRY_MS = { first: 1_000, longest: 30_000 };

/** Watches everyone's sessions until the signal aborts, by one stream after the other: a stream lasts as long as its token. */
export async function watchChanges(watcher: Watcher, signal: AbortSignal): Promise<void> {
  /** Id of the last change; null if there is none that a stream can continue from. */
  let last: string | null = null;
  let isFirst = true;
  for (let failures = 0; !signal.aborted; ) {
    watcher.onState('connecting');
    const token = await ownSession.token();
    if (token === null || signal.aborted) return;
    const since: string | null = last;
    const end = await followStream({ token, withEmail: watcher.withEmail, since, signal }, (event) => {
      if (event.kind === 'change') {
        const { kind, id } = event.change;
        if (kind !== 'CREDENTIAL_INVALID') last = id;
        if (!kind.startsWith('CREDENTIAL_')) watcher.onChange(event.change);
        return;
      }
      // The first stream may connect long after the list was read.
      if (since === null && (!isFirst || failures > 0)) watcher.onGap();
      isFirst = false;
      watcher.onState('connected');
    });
    if (signal.aborted) return;
    if (end === 'too old') {
      last = null;
      continue;
    }
    failures = end === 'useful' ? 0 : failures + 1;
    // It ended with its token, if that was replaced meanwhile. Otherwise with the session, whose state a refresh tells.
    const isReplaced = (await ownSession.token()) !== token;
    if (failures === 0 && (isReplaced || (await ownSession.refresh()))) continue;
    if (failures > 0 && !isReplaced) await ownSession.refresh();
    watcher.onState('waiting');
    await pause(Math.min(RETRY_MS.longest, RETRY_MS.first * 2 ** failures) * (0.5 + Math.random()), signal);
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    const stop = () => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener('abort', stop, { once: true });
  });
}
