/** Whether a client prefers a page to JSON, as browsers do that open an address (RFC 9110 §12.5.1). */
export async function prefersHtml(accept: string | undefined): Promise<boolean> {
  // Programs never load what follows.
  if (!accept?.includes('text/html')) return false;
  const { default: Negotiator } = await import('negotiator');
  return new Negotiator({ headers: { accept } }).mediaType(['application/json', 'text/html']) === 'text/html';
}
