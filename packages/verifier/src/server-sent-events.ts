/** An event of a stream (HTML Standard §9.2). */
export interface ServerSentEvent {
  readonly type: string;
  readonly data: string;
  readonly id: string | null;
}

/** No event of ours is as long, in characters. */
const MAX_LENGTH = 1_000_000;

/** The events of a body, in order. Lines end with LF, as Latchkey writes them. @throws {Error} if one is too long. */
export async function* serverSentEvents(
  body: ReadableStreamDefaultReader<Uint8Array>,
): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder();
  let text = '';
  for (let read = await body.read(); !read.done; read = await body.read()) {
    text += decoder.decode(read.value, { stream: true });
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      yield parse(text.slice(0, end));
      text = text.slice(end + 2);
    }
    if (text.length > MAX_LENGTH) throw new Error('an event is too long');
  }
}

function parse(block: string): ServerSentEvent {
  let type = 'message';
  let id: string | null = null;
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'event') type = value;
    else if (name === 'id') id = value;
    else if (name === 'data') data.push(value);
  }
  return { type, data: data.join('\n'), id };
}
