/** What a page may do that others may not. */
interface Allowed {
  /** Default: those of its own origin. */
  readonly scripts?: false;
  /** Sources of style sheets beside its own, such as `'unsafe-inline'`. */
  readonly styles?: readonly string[];
  readonly workers?: readonly string[];
}

/**
 * The Content-Security-Policy of a page: scripts, styles, images, fonts and connections of its own origin only. In `connect-src`
 * `'self'` covers the WebSocket of the same host (CSP3 §6.7.2.8).
 */
export function pagePolicy({ scripts, styles = [], workers = [] }: Allowed = {}): string {
  return [
    "default-src 'none'",
    ...(scripts === false ? [] : ["script-src 'self'", "connect-src 'self'"]),
    ['style-src', "'self'", ...styles].join(' '),
    "img-src 'self' data:",
    "font-src 'self'",
    ...(workers.length > 0 ? [['worker-src', ...workers].join(' ')] : []),
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join(';');
}
