export type { RevocationStore } from './revocation.store.ts';
export { RevocationFeed } from './revocation-feed.ts';
export { type Revocation, Revocations } from './revocations.ts';
