/**
 * All that a subscription by server-sent events tells until it is over: the payloads of its `next` events. For streams that
 * end by themselves, such as refused ones.
 */
export async function eventStreamOf(
  url: string,
  query: string,
  headers: Readonly<Record<string, string>> = {},
  // biome-ignore lint/suspicious/noExplicitAny: results of any subscription
): Promise<any[]> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
    body: JSON.stringify({ query }),
  });
  const text = await response.text();
  // A request that is refused before it is a stream is answered in one piece.
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return [JSON.parse(text)];
  return [...text.matchAll(/^event: next\ndata: (.*)$/gm)].map(([, data = '']) => JSON.parse(data));
}
