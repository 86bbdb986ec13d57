import type { FastifyInstance } from 'fastify';

/** How long requests in flight may take to finish when we stop, in milliseconds; the process has ten seconds in all. */
const DRAIN_MS = 8_000;

/**
 * Closes connections as they fall idle once the server closes. Node waits for keep-alive connections up to their timeout
 * otherwise, and closing all at once would cut requests that are being answered.
 */
export function drainConnections(app: FastifyInstance): void {
  app.addHook('preClose', async () => {
    const sweep = setInterval(() => app.server.closeIdleConnections(), 50);
    const deadline = setTimeout(() => app.server.closeAllConnections(), DRAIN_MS);
    app.server.once('close', () => {
      clearInterval(sweep);
      clearTimeout(deadline);
    });
  });
}
