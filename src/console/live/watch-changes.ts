import { createClient } from 'graphql-sse';
import { ownSession } from '../api/execute.ts';
import { ENDPOINT } from '../api/post.ts';
import { SessionChanges, type SessionChangesSubscription } from '../generated.ts';
import type { SessionChange } from './live-sessions.ts';

export type StreamState = 'connecting' | 'connected' | 'waiting';

interface Watcher {
  onChange(change: SessionChange): void;
  onState(state: StreamState): void;
  /** Changes may have been missed: list again. */
  onGap(): void;
}

/** Whether a new stream tells what happened since the last change of the one before. */
const CONTINUES = SessionChanges.includes('since:');
const RETRY_MS = { first: 1_000, longest: 30_000 };

/** Watches everyone's sessions until the signal aborts, by one stream after the other: a stream lasts as long as its token. */
export async function watchChanges(watcher: Watcher, signal: AbortSignal): Promise<void> {
  /** Id of the last change. */
  let last = null as string | null;
  let hasBeenConnected = false;
  for (let failures = 0; !signal.aborted; ) {
    watcher.onState('connecting');
    const token = await ownSession.token();
    if (token === null || signal.aborted) return;
    const wasOpen = await follow(token, last, signal, {
      ...watcher,
      onChange(change) {
        if (isOfSession(change)) watcher.onChange(change);
        last = change.id;
      },
      onGap() {
        last = null;
        watcher.onGap();
      },
      onState(state) {
        if (hasBeenConnected && (!CONTINUES || last === null)) watcher.onGap();
        hasBeenConnected = true;
        watcher.onState(state);
      },
    });
    if (signal.aborted) return;
    failures = wasOpen ? 0 : failures + 1;
    // It ended with its token, if that was replaced meanwhile. Otherwise with the session, whose state a refresh tells.
    const isReplaced = (await ownSession.token()) !== token;
    if (wasOpen && (isReplaced || (await ownSession.refresh()))) continue;
    watcher.onState('waiting');
    await pause(Math.min(RETRY_MS.longest, RETRY_MS.first * 2 ** failures) * (0.5 + Math.random()), signal);
  }
}

/** Follows one stream to its end. Returns whether it was open. */
function follow(
  token: string,
  since: string | null,
  signal: AbortSignal,
  watcher: Watcher,
): Promise<boolean> {
  const client = createClient({
    url: ENDPOINT,
    headers: { authorization: `Bearer ${token}` },
    // Another attempt needs another token, and other variables.
    retryAttempts: 0,
  });
  return new Promise((resolve) => {
    let isOpen = false;
    const end = () => {
      signal.removeEventListener('abort', stop);
      resolve(isOpen);
    };
    const stop = client.subscribe<SessionChangesSubscription>(
      { query: SessionChanges, variables: { since } },
      {
        next({ data, errors }) {
          if (errors?.some(({ extensions }) => extensions?.['code'] === 'SINCE_TOO_OLD')) watcher.onGap();
          if (data) watcher.onChange(data.sessionChanged);
        },
        error: end,
        complete: end,
      },
      {
        connected() {
          isOpen = true;
          watcher.onState('connected');
        },
      },
    );
    signal.addEventListener('abort', stop, { once: true });
  });
}

/** Whether it is a change of a session, and not the end of the stream only. */
function isOfSession({ kind }: SessionChange): boolean {
  return kind !== 'CREDENTIAL_EXPIRED' && kind !== 'CREDENTIAL_INVALID';
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
