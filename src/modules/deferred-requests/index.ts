export { DeferredRequests } from './deferred-requests.ts';
