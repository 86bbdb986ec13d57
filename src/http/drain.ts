import type { FastifyInstance } from 'fastify';

/** Time for requests in flight to finish at shutdown, in milliseconds; the process has ten seconds in total. */
const DRAIN_MS = 8_000;

/**
 * Closes connections as they become idle during shutdown. Otherwise Node waits for the keep-alive timeout, and closing
 * all at once would abort requests in flight.
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
