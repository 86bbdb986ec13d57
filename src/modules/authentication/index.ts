export { Authentication } from './authentication.ts';
export { StoredCredentialCheck } from './stored-credential-check.ts';
export {
  type Authenticated,
  refused,
  refusedFor,
  type TokenVerifier,
  type Verification,
} from './token-verifier.ts';
