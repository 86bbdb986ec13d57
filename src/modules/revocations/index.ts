export type { RevocationStore } from './revocation.store.ts';
export { RevocationFeed } from './revocation-feed.ts';
export { Revocations } from './revocations.ts';
