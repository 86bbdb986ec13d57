export { type EndKeeper, LostEnds } from './lost-ends.ts';
export { RevocationFeed } from './revocation-feed.ts';
export { type RevocationNews, RevocationStreams } from './revocation-streams.ts';
export { Revocations } from './revocations.ts';
