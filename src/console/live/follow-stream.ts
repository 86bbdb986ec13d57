import { createClient } from 'graphql-sse';
import { ENDPOINT } from '../api/post.ts';
import { SessionChanges, type SessionChangesSubscription } from '../generated.ts';
import type { SessionChange } from './live-sessions.ts';

interface Opening {
  readonly token: string;
  readonly withEmail: boolean;
  /** Id of the change after which the stream begins; null: now. */
  readonly since: string | null;
  readonly signal: AbortSignal;
}

type StreamEvent =
  | { readonly kind: 'connected' }
  | { readonly kind: 'change'; readonly change: SessionChange };

/** How a stream ended: `useful` if it told something or lasted, `too old` if it cannot begin after that change. */
type StreamEnd = 'useful' | 'useless' | 'too old';

const LASTING_MS = 5_000;

/** A stream that tells only this has not been opened, and the next one would not either. */
const UNVERIFIED: ReadonlySet<string> = new Set(['CREDENTIAL_INVALID', 'CREDENTIAL_UNVERIFIED']);

/** Follows one stream to its end. */
export function followStream(
  { token, withEmail, since, signal }: Opening,
  onEvent: (event: StreamEvent) => void,
): Promise<StreamEnd> {
  const client = createClient({
    url: ENDPOINT,
    headers: { authorization: `Bearer ${token}` },
    // Another attempt needs another token, and begins after another change.
    retryAttempts: 0,
  });
  return new Promise((resolve) => {
    const startedAt = performance.now();
    let connected = false;
    let end: StreamEnd = 'useless';
    const finish = () => {
      signal.removeEventListener('abort', stop);
      if (end === 'useless' && connected && performance.now() - startedAt > LASTING_MS) end = 'useful';
      resolve(end);
    };
    const stop = client.subscribe<SessionChangesSubscription>(
      { query: SessionChanges, variables: { withEmail, since } },
      {
        next({ data, errors }) {
          if (errors?.some(({ extensions }) => extensions?.['code'] === 'SINCE_TOO_OLD')) end = 'too old';
          if (!data) return;
          if (!UNVERIFIED.has(data.sessionChanged.kind)) end = 'useful';
          onEvent({ kind: 'change', change: data.sessionChanged });
        },
        error: finish,
        complete: finish,
      },
      {
        connected() {
          connected = true;
          onEvent({ kind: 'connected' });
        },
      },
    );
    signal.addEventListener('abort', stop, { once: true });
  });
}
