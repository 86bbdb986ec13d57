export { StoredCredentialCheck } from './stored-credential-check.ts';
