import { createHash } from 'node:crypto';
import { extname, posix } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { PageFiles } from './folder-files.ts';

interface Page {
  /** Such as `/console`. */
  readonly path: string;
  /** Its Content-Security-Policy, in place of that of the API. */
  readonly policy: string;
  /** Called at the first request: a page that nobody opens takes no memory. */
  readonly files: () => Promise<PageFiles>;
}

/** Content types by extension. A file of another type is not served. */
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
  '.txt': 'text/plain; charset=utf-8',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
};

/** Serves a page and its files below `path`, by GET and HEAD. */
export function addPage(server: FastifyInstance, { path, policy, files }: Page): void {
  const load = untilItSucceeds(async () => readOnce(await files()));
  // Relative, so that a proxy may serve all of this below a path of its own.
  server.get(path, (_request, reply) => reply.redirect(`${posix.basename(path)}/`));
  server.get(`${path}/*`, async (request: FastifyRequest, reply: FastifyReply) => {
    const { '*': name } = request.params as { '*': string };
    const file = name || 'index.html';
    const type = TYPES[extname(file)];
    // Only what is listed is read, so that no path leads out of the folder.
    const read = (await load()).get(file);
    if (read === undefined || type === undefined) return reply.callNotFound();
    reply.headers({
      'content-security-policy': policy,
      'cross-origin-opener-policy': 'same-origin',
      // Caches ask whether it has changed: most names stay the same in the next release.
      'cache-control': 'no-cache',
    });
    const { content, etag } = await read();
    reply.header('etag', etag);
    if (isKnown(request.headers['if-none-match'], etag)) return reply.code(304).send();
    return reply.type(type).send(content);
  });
}

interface FileContent {
  readonly content: Uint8Array;
  readonly etag: string;
}

/** All responses send the same bytes: otherwise clients that request a large file and read nothing would fill the memory. */
function readOnce(files: PageFiles): ReadonlyMap<string, () => Promise<FileContent>> {
  return new Map(
    [...files].map(([path, read]) => [
      path,
      untilItSucceeds(async () => {
        const content = await read();
        return { content, etag: etagOf(content) };
      }),
    ]),
  );
}

function etagOf(content: Uint8Array): string {
  return `"${createHash('sha256').update(content).digest('base64url')}"`;
}

/** Whether If-None-Match names it (RFC 9110 §13.1.2). A proxy that compresses makes the tag a weak one. */
function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = ifNoneMatch?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? [];
  return tags.includes(etag) || tags.includes('*');
}

/** `work`, once; again after a failure. */
function untilItSucceeds<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | null = null;
  return () => {
    result ??= work().catch((error: unknown) => {
      result = null;
      throw error;
    });
    return result;
  };
}
