import { statusOf, type Verification } from './principal.ts';
import type { Verifier } from './verifier.ts';

interface NodeRequest {
  readonly headers: { readonly authorization?: string | undefined };
}

/** A context of GraphQL servers: resolvers take the principal by `requirePrincipal(context.caller)`. */
export interface CallerContext {
  readonly caller: Verification;
}

/** `context` of Apollo Server. */
export const apolloContext =
  (verifier: Verifier) =>
  async ({ req }: { readonly req: NodeRequest }): Promise<CallerContext> => ({
    caller: await verifier.verify(req.headers.authorization),
  });

/** `context` of GraphQL Yoga. */
export const yogaContext =
  (verifier: Verifier) =>
  async ({ request }: { readonly request: Request }): Promise<CallerContext> => ({
    caller: await verifyRequest(verifier, request),
  });

/** Of a `Request` of the Fetch API. */
export function verifyRequest(verifier: Verifier, request: Request): Promise<Verification> {
  return verifier.verify(request.headers.get('authorization'));
}

/** `onRequest` of Fastify: sets `request.caller`, and answers requests whose token is refused. Anonymous ones pass. */
export const fastifyHook =
  (verifier: Verifier) =>
  async (
    request: NodeRequest & { caller?: Verification },
    reply: { code(status: number): { send(body: object): unknown } },
  ): Promise<unknown> => {
    const caller = await verifier.verify(request.headers.authorization);
    request.caller = caller;
    return caller.kind === 'refused' ? reply.code(statusOf(caller.reason)).send(bodyOf(caller)) : undefined;
  };

/** Middleware of Express: sets `request.caller`, and answers requests whose token is refused. Anonymous ones pass. */
export const expressMiddleware =
  (verifier: Verifier) =>
  (
    request: NodeRequest & { caller?: Verification },
    response: { status(status: number): { json(body: object): unknown } },
    next: (error?: unknown) => void,
  ): void => {
    verifier.verify(request.headers.authorization).then((caller) => {
      request.caller = caller;
      if (caller.kind === 'refused') response.status(statusOf(caller.reason)).json(bodyOf(caller));
      else next();
    }, next);
  };

type Refused = Extract<Verification, { kind: 'refused' }>;

/** As RFC 6750 §3.1 names it. */
const bodyOf = ({ reason }: Refused) => ({
  error: reason === 'unavailable' ? 'temporarily_unavailable' : 'invalid_token',
});
