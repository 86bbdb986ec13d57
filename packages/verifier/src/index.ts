export {
  apolloContext,
  type CallerContext,
  expressMiddleware,
  fastifyHook,
  verifyRequest,
  yogaContext,
} from './adapters.ts';
export { VerifierUnavailableError } from './outage.ts';
export {
  MissingScopeError,
  type Principal,
  type RefusalReason,
  RefusedError,
  requirePrincipal,
  requireScope,
  requireUser,
  type ServicePrincipal,
  type UserPrincipal,
  type Verification,
} from './principal.ts';
export { type RedisSubscriber, redisRevocations } from './redis-revocations.ts';
export type { Revocation, RevocationListener, RevocationSource } from './revocations.ts';
export { streamedRevocations } from './stream-revocations.ts';
export { createVerifier, type Verifier, type VerifierOptions } from './verifier.ts';
