export { ClientAuthentication, type ClientCredentials } from './client-authentication.ts';
export { lostClientChanges } from './lost-client-changes.ts';
export { type ServiceClient, servicePrincipalOf } from './service-client.ts';
export { ServiceClientAdministration } from './service-client-administration.ts';
export { ServiceClientDirectory } from './service-client-directory.ts';
export { type DelegateOutcome, type IssueOutcome, ServiceTokens } from './service-tokens.ts';
export { type RevokeOutcome, TokenRevocation } from './token-revocation.ts';
