import { execute } from '../api/execute.ts';
import type { Answer } from '../api/post.ts';
import { ActiveSessionCount, ActiveSessions, type ActiveSessionsQuery } from '../generated.ts';
import { type Refused, refusalOf } from '../words/refusals.ts';
import { type LiveSessions, MAX_SESSIONS } from './live-sessions.ts';

const PAGE_SIZE = 100;

/** Lists the active sessions, page by page, up to the bound. Returns why it could not. */
export async function listSessions(
  sessions: LiveSessions,
  withEmail: boolean,
  signal: AbortSignal,
  onPage: () => void,
): Promise<Refused | null> {
  let after: string | null = null;
  for (let listed = 0; ; ) {
    const answer: Answer<ActiveSessionsQuery> = await execute(
      ActiveSessions,
      { first: PAGE_SIZE, after, withEmail },
      signal,
    );
    const page: ActiveSessionsQuery['sessions'] = answer.data?.sessions ?? null;
    if (page === null) return refusalOf(answer.errors);
    sessions.list(page.nodes);
    onPage();
    listed += page.nodes.length;
    if (!page.pageInfo.hasNextPage) return null;
    after = page.pageInfo.endCursor;
    if (listed < MAX_SESSIONS) continue;
    const count = await execute(ActiveSessionCount, {}, signal);
    sessions.leaveOut((count.data?.sessions?.totalCount ?? 0) - listed);
    onPage();
    return null;
  }
}
