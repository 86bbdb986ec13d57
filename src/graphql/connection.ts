import { type PageRequest, toCursor } from '../core/page.ts';
import type { Session } from '../modules/sessions/index.ts';
import type { SessionConnectionView, SessionView } from './views.ts';

/** A page from a listing that holds one more than was asked for, where there is more. */
export function sessionConnection(
  sessions: readonly Session[],
  page: PageRequest,
  beside: Omit<SessionView, 'session'>,
  countAll: () => Promise<number>,
): SessionConnectionView {
  const edges = sessions.slice(0, page.first).map((session) => ({
    cursor: toCursor({ at: session.lastActiveAt, id: session.id }),
    node: { ...beside, session },
  }));
  return { edges, hasNextPage: sessions.length > page.first, hasPreviousPage: page.after !== null, countAll };
}
