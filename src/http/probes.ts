import type { FastifyInstance } from 'fastify';

/** Whether this instance should receive requests. */
export type Readiness = () => Promise<boolean>;

/** Adds the liveness and readiness probes. */
export function addProbes(server: FastifyInstance, readiness: Readiness): void {
  server.get('/livez', async () => ({ status: 'ok' }));
  server.get('/readyz', async (_request, reply) => {
    const ready = await readiness();
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ok' : 'unavailable' });
  });
  server.get('/health', async () => ({ status: 'ok', service: 'latchkey' }));
}
