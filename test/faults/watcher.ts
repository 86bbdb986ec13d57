import { setTimeout as delay } from 'node:timers/promises';
import { graphql, login, PASSWORD, type SignedIn } from '../../bench/lib/client.ts';
import type { Timeline } from './timeline.ts';

/** Between two attempts, in milliseconds. */
const PAUSE_MS = 200;

/** Without a word for so long a stream is dead, in milliseconds: the server sends a comment more often. */
const SILENCE_MS = 30_000;

/** An administrator who watches all sessions, and goes on where a stream ended, at the other instance. */
export class Watcher {
  readonly name: string;
  readonly #urls: readonly string[];
  readonly #timeline: Timeline;
  #last: string | null = null;
  #isOver = false;
  #leave = new AbortController();

  constructor(name: string, urls: readonly string[], timeline: Timeline) {
    this.name = name;
    this.#urls = urls;
    this.#timeline = timeline;
  }

  /** Resolves when its first stream is open. */
  async open(): Promise<void> {
    await new Promise<void>((opened) => void this.#watch(opened));
  }

  close(): void {
    this.#isOver = true;
    this.#leave.abort();
  }

  async #watch(opened: () => void): Promise<void> {
    for (let turn = 0; !this.#isOver; turn += 1) {
      const url = this.#urls[turn % this.#urls.length] as string;
      try {
        const { accessToken } = await login(url, ADMINISTRATOR);
        await this.#follow(url, accessToken, opened);
      } catch {
        // Unreachable, or the stream broke.
      }
      if (!this.#isOver) await delay(PAUSE_MS);
    }
  }

  async #follow(url: string, accessToken: string, opened: () => void): Promise<void> {
    this.#leave = new AbortController();
    const query = `subscription ($since: ID) { sessionChanged(since: $since) { id kind session { id } } }`;
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      signal: this.#leave.signal,
      headers: {
        accept: 'text/event-stream',
        'content-type': 'application/json',
        authorization: `Bearer ${accessToken}`,
      },
      body: JSON.stringify({ query, variables: { since: this.#last } }),
    });
    if (response.headers.get('content-type')?.includes('event-stream')) opened();
    const silence = setTimeout(() => this.#leave.abort(), SILENCE_MS);
    try {
      let text = '';
      const decoder = new TextDecoder();
      for await (const chunk of response.body as ReadableStream<Uint8Array>) {
        silence.refresh();
        text += decoder.decode(chunk, { stream: true });
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) this.#note(block);
      }
    } finally {
      clearTimeout(silence);
    }
  }

  #note(block: string): void {
    const data = /^data: (.+)$/m.exec(block)?.[1];
    if (data === undefined) return;
    const { data: value, errors } = JSON.parse(data);
    if (errors !== undefined && JSON.stringify(errors).includes('SINCE_TOO_OLD'))
      this.#timeline.incidents.push({
        instance: -1,
        at: this.#timeline.now(),
        what: `${this.name}: too old`,
      });
    const change = value?.sessionChanged;
    if (change == null || change.kind === 'CREDENTIAL_INVALID') return;
    this.#last = change.id;
    // The stream's own last changes are no events.
    if (change.kind.startsWith('CREDENTIAL_')) return;
    this.#timeline.deliveries.push({
      watcher: this.name,
      at: this.#timeline.now(),
      eventId: change.id,
      kind: change.kind,
      // Null where the session could not be read.
      sessionId: change.session?.id ?? null,
    });
  }
}

export const ADMINISTRATOR = 'administrator@example.com';

export async function signUpAdministrator(url: string): Promise<SignedIn> {
  const query = `mutation ($input: SignupInput!) { signup(input: $input) {
    ... on Authentication { accessToken refreshToken user { id } session { id } } } }`;
  const variables = { input: { email: ADMINISTRATOR, password: PASSWORD } };
  return (await graphql<{ signup: SignedIn }>(url, query, { variables })).signup;
}
