import { randomUUID } from 'node:crypto';
import type { Operation, OperationKind, Outcome } from './history.ts';
import type { Timeline } from './timeline.ts';

/** Clients give up after this, in milliseconds. */
const PATIENCE_MS = 4_000;

export interface Asked {
  readonly client: string;
  /** The client's address, as a trusted proxy tells it. */
  readonly address: string;
  readonly kind: OperationKind;
  readonly query: string;
  readonly variables?: object;
  readonly token?: string | undefined;
  readonly subject?: string | null;
  readonly generation?: number | null;
  /** The subject, where the answer tells it. */
  readonly subjectOf?: (result: Result) => string | null;
}

/** The value of the only root field of an answer. */
// biome-ignore lint/suspicious/noExplicitAny: answers of any shape
export type Result = any;

export interface Answered {
  readonly operation: Operation;
  readonly result: Result;
}

/** Sends requests, and records them. */
export class Requests {
  readonly #timeline: Timeline;
  readonly #urls: readonly string[];

  constructor(timeline: Timeline, urls: readonly string[]) {
    this.#timeline = timeline;
    this.#urls = urls;
  }

  /** Sends one request, again and to the other instance for as long as there is no answer, as clients do that retry. */
  async untilAnswered(instance: number, asked: Asked): Promise<Answered> {
    const key = randomUUID();
    for (let attempt = 0; ; attempt += 1) {
      const answered = await this.send((instance + attempt) % this.#urls.length, asked, key);
      if (answered.operation.outcome !== 'unknown') return answered;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  async send(instance: number, asked: Asked, key: string = randomUUID()): Promise<Answered> {
    const startedAt = this.#timeline.now();
    const { outcome, answer, result } = await this.#post(`${this.#urls[instance]}/graphql`, asked, key);
    const { client, kind, generation = null, subject = null, subjectOf } = asked;
    const operation: Operation = {
      client,
      kind,
      instance,
      subject: (outcome === 'done' ? subjectOf?.(result) : null) ?? subject,
      generation,
      startedAt,
      endedAt: this.#timeline.now(),
      outcome,
      answer,
    };
    this.#timeline.operations.push(operation);
    return { operation, result };
  }

  async #post(
    url: string,
    { query, variables = {}, token, address }: Asked,
    key: string,
  ): Promise<{ outcome: Outcome; answer: string; result: Result }> {
    try {
      const response = await fetch(url, {
        method: 'POST',
        signal: AbortSignal.timeout(PATIENCE_MS),
        headers: {
          'content-type': 'application/json',
          'x-forwarded-for': address,
          'idempotency-key': key,
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify({ query, variables }),
      });
      return judge(JSON.parse(await response.text()));
    } catch (error) {
      return { outcome: 'unknown', answer: `no answer: ${(error as Error).name}`, result: null };
    }
  }
}

function judge({ data, errors }: { data?: Record<string, Result> | null; errors?: Result[] }) {
  const code: string | undefined = errors?.[0]?.extensions?.code;
  if (code !== undefined) {
    const outcome = REFUSALS.has(code) ? ('refused' as const) : ('unknown' as const);
    const known = outcome === 'refused' || MAY_PASS.has(code);
    return { outcome, answer: known ? code : `unexpected ${code}`, result: null };
  }
  const result = Object.values(data ?? {})[0] ?? null;
  const type: string = result?.__typename ?? 'nothing';
  const isRefusal = /Error$/.test(type) || type === 'nothing';
  return { outcome: isRefusal ? ('refused' as const) : ('done' as const), answer: type, result };
}

const REFUSALS = new Set(['UNAUTHENTICATED', 'FORBIDDEN', 'BAD_USER_INPUT']);
const MAY_PASS = new Set(['SERVICE_UNAVAILABLE', 'RATE_LIMITED']);
