export { RevocationFeed } from './revocation-feed.ts';
export { Revocations } from './revocations.ts';
