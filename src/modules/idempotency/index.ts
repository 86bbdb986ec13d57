export { IdempotentRequests } from './idempotent-requests.ts';
