import type { FastifyReply, FastifyRequest, RequestPayload } from 'fastify';

/** Chunks per body. A body has at most 100 KB, and a chunk costs as much CPU as hundreds of bytes. */
const MAX_CHUNKS = 1_000;

/** Closes the connection of a request with too many chunks (RFC 9112 §7.1): 90,000 chunks of one byte took 70 ms. */
export function limitChunks(
  { headers, raw }: FastifyRequest,
  _reply: FastifyReply,
  payload: RequestPayload,
  done: (error: null, payload: RequestPayload) => void,
): void {
  if (headers['transfer-encoding'] !== undefined) {
    let chunks = 0;
    payload.on('data', () => {
      chunks += 1;
      if (chunks > MAX_CHUNKS) raw.socket.destroy();
    });
  }
  done(null, payload);
}
