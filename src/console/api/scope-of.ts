/** The claim `scope` of an access token (RFC 9068 §2.2.3); empty if it has none. Not verified: the server is who decides. */
export function scopeOf(accessToken: string): string {
  const [, payload = ''] = accessToken.split('.');
  try {
    const claims: unknown = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')));
    const scope = typeof claims === 'object' && claims !== null && 'scope' in claims ? claims.scope : '';
    return typeof scope === 'string' ? scope : '';
  } catch {
    return '';
  }
}
