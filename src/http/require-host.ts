import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorBody } from '../graphql/results/error-body.ts';

/**
 * Takes requests whose Host header can be part of a URL (RFC 9112 §3.2 asks for 400). Further in, a URL is made of it: that
 * would fail as an error of ours, with a log line each.
 */
export async function requireHost({ headers }: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (URL.canParse(`http://${headers.host ?? ''}/`)) return;
  await reply.code(400).send(errorBody('The Host header is not valid.', 'BAD_REQUEST'));
}
