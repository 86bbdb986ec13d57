import autocannon from 'autocannon';

/** A GraphQL operation by POST, unless `path` names something else: that is fetched, or is sent `body`. */
export interface Load {
  readonly url: string;
  readonly query?: string;
  readonly variables?: object;
  readonly path?: string;
  readonly body?: object;
  /** Those of every connection; or a list, from which each takes the next. */
  readonly headers?: Headers | readonly Headers[];
  /** What is in every right answer. */
  readonly answer?: string;
  readonly connections?: number;
  readonly seconds?: number;
  /** So many requests, however long they take. */
  readonly amount?: number;
}

type Headers = Readonly<Record<string, string>>;

export interface Figures {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** So many connections, each with one request at a time, for so long. Anything but success is an error of the benchmark. */
export async function load({
  url,
  query,
  variables = {},
  path = '/graphql',
  body = path === '/graphql' ? { query, variables } : undefined,
  headers = {},
  answer = '',
  connections = 16,
  seconds = 4,
  amount,
}: Load): Promise<Figures> {
  const each = [headers]
    .flat()
    .map((own) => ({ ...(body && { 'content-type': 'application/json' }), ...own }));
  let connected = 0;
  const result = await autocannon({
    url: `${url}${path}`,
    method: body ? 'POST' : 'GET',
    ...(body && { body: JSON.stringify(body) }),
    setupClient: (client) => client.setHeaders(each[connected++ % each.length]),
    connections,
    duration: seconds,
    ...(amount !== undefined && { amount }),
    verifyBody: (received) => !String(received).includes('"errors"') && String(received).includes(answer),
  });
  if (result.errors + result.non2xx + result.mismatches > 0) {
    throw new Error(
      `${result.errors} errors, ${result.non2xx} refusals, ${result.mismatches} wrong answers from ${url}`,
    );
  }
  return {
    requests: result.requests.total,
    perSecond: result.requests.average,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
  };
}

/** Several loads in turn, again and again: what disturbs the machine disturbs them all. The median of each one's rounds. */
export async function sideBySide<Name extends string>(
  loads: Readonly<Record<Name, Load>>,
  rounds = 5,
): Promise<Record<Name, Figures>> {
  const measured = new Map<Name, Figures[]>();
  const names = Object.keys(loads) as Name[];
  for (const name of names) await load({ ...loads[name], seconds: 2 });
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) measured.set(name, [...(measured.get(name) ?? []), await load(loads[name])]);
  }
  const figures = names.map((name) => [name, medianOf(measured.get(name) ?? [])] as const);
  return Object.fromEntries(figures) as Record<Name, Figures>;
}

function medianOf(figures: readonly Figures[]): Figures {
  return {
    requests: median(figures.map(({ requests }) => requests)),
    perSecond: median(figures.map(({ perSecond }) => perSecond)),
    p50Ms: median(figures.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(figures.map(({ p99Ms }) => p99Ms)),
  };
}

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)] ?? Number.NaN;
}

/** How long `work` took, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
