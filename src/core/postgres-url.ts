/** What a server must be, as libpq's `target_session_attrs` says it. */
const TARGETS = ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'] as const;
export type ServerTarget = (typeof TARGETS)[number];

/** The servers that a URL names. */
export interface PostgresUrl {
  /** A URL of each, in order. */
  readonly urls: readonly string[];
  readonly target: ServerTarget;
}

const PARTS = /^(postgres(?:ql)?:\/\/(?:[^/?#]*@)?)([^/?#]*)(.*)$/s;

/**
 * Parses a URL that may name several servers, as libpq does (PostgreSQL, "Specifying Multiple Hosts"): hosts separated by commas, each
 * with its port or without, or the parameters `host` and `port` with as many values. Of several servers the one that accepts writes is
 * meant, where libpq would take any. Undefined for an invalid one.
 */
export function parsePostgresUrl(text: string): PostgresUrl | undefined {
  const urls = urlsOf(text);
  if (urls === undefined || urls.length === 0 || !urls.every((url) => URL.canParse(url))) return undefined;
  const target =
    new URL(urls[0] as string).searchParams.get('target_session_attrs') ??
    (urls.length > 1 ? 'read-write' : 'any');
  return isTarget(target) ? { urls, target } : undefined;
}

function urlsOf(text: string): string[] | undefined {
  const [, start = '', hosts = '', rest = ''] = PARTS.exec(text) ?? [];
  if (start === '') return undefined;
  if (!hosts.includes(',')) return URL.canParse(text) ? (fromParameters(new URL(text)) ?? [text]) : undefined;
  // A host that is left out would be a default of libpq.
  const names = hosts.split(',');
  return names.some((name) => /^(:\d*)?$/.test(name)) ? undefined : names.map((name) => start + name + rest);
}

/** Undefined if the parameters name one host at most. */
function fromParameters({ href, searchParams }: URL): string[] | undefined {
  const hosts = searchParams.get('host')?.split(',') ?? [];
  if (hosts.length < 2) return undefined;
  const ports = searchParams.get('port')?.split(',') ?? [];
  const fits = ports.length < 2 || ports.length === hosts.length;
  if (!fits || hosts.includes('')) return [];
  return hosts.map((host, i) => {
    const url = new URL(href);
    url.searchParams.set('host', host);
    const port = ports.length === 1 ? ports[0] : ports[i];
    if (port) url.searchParams.set('port', port);
    return url.href;
  });
}

function isTarget(text: string): text is ServerTarget {
  return (TARGETS as readonly string[]).includes(text);
}
