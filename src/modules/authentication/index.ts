export { Authentication } from './authentication.ts';
export { StoredCredentialCheck } from './stored-credential-check.ts';
export { refused, type TokenVerifier, type Verification } from './token-verifier.ts';
