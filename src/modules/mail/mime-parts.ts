import type { MimeNode } from '@zone-eu/mailsplit';
import { type HeaderGroup, headerGroups } from './header-groups.ts';

/** A node of a MIME message, the message itself included. */
export interface MimePart {
  /** Such as `message/rfc822`. */
  readonly type: string;
  readonly headers: HeaderGroup;
  /** Decodes its content; empty for a multipart. */
  text(): Promise<string>;
}

/** The first bounds each block of header fields, the second all parts at any depth. Real reports have about ten. */
const LIMITS = { maxHeadSize: 65_536, maxChildNodes: 50 };

/**
 * The parts of a message, outermost first; null if it exceeds a limit. No content is read unless asked for, and no message within a
 * message opened: parsers that convert HTML to text need a minute for a hostile megabyte.
 */
export async function mimeParts(message: Uint8Array): Promise<readonly MimePart[] | null> {
  // Here, since a server does not need it.
  const { default: mailsplit } = await import('@zone-eu/mailsplit');
  const splitter = new mailsplit.Splitter({ ...LIMITS, ignoreEmbedded: true });
  const found: { readonly node: MimeNode; readonly content: Buffer[] }[] = [];
  splitter.end(message);
  try {
    for await (const chunk of splitter) {
      if (chunk.type === 'node') found.push({ node: chunk, content: [] });
      else if (chunk.type === 'body') found.at(-1)?.content.push(chunk.value);
    }
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === 'EMAXLEN') return null;
    throw error;
  }
  return found.map(({ node, content }) => ({
    type: node.contentType || '',
    headers: headerGroups(node.getHeaders().toString())[0] ?? new Map(),
    text: () => decode(node, Buffer.concat(content)),
  }));
}

async function decode(node: MimeNode, content: Buffer): Promise<string> {
  const decoder = node.getDecoder();
  decoder.end(content);
  const chunks: Buffer[] = [];
  for await (const chunk of decoder) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
