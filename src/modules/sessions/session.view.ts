import type { LoaderDefinition } from '../../graphql/request/loaders.ts';
import {
  type CountLoader,
  createCountLoader,
  createPageLoader,
  type PageLoader,
} from '../../graphql/request/page-loader.ts';
import type { ReadAs } from '../../graphql/request/viewer.ts';
import type { ConnectionView } from '../../graphql/results/connection.ts';
import type { UserView } from '../users/user.view.ts';
import type { Session, SessionStatus } from './session.ts';
import type { SessionEndReason } from './session-end-reason.ts';
import type { SessionQueries } from './session-queries.ts';

/** Parent value of `Session`. */
export interface SessionView extends ReadAs {
  readonly session: Session;
  /** The session's user, if already loaded. */
  readonly user?: UserView['user'] | undefined;
}

export type SessionConnectionView = ConnectionView<SessionView>;

export interface SessionLoaders {
  /** Authorise before. */
  readonly pages: LoaderDefinition<PageLoader<SessionStatus, Session>>;
  /** Authorise before. */
  readonly counts: LoaderDefinition<CountLoader<SessionStatus>>;
}

export function createSessionLoaders(queries: SessionQueries): SessionLoaders {
  return {
    pages: () => createPageLoader((...page) => queries.list(...page)),
    counts: () => createCountLoader((...of) => queries.count(...of)),
  };
}

export const sessionEnded = (endReason: SessionEndReason, endedAt: Date) => ({
  __typename: 'SessionEndedError' as const,
  code: 'SESSION_ENDED' as const,
  message: 'The session has ended. Sign in again.',
  endReason,
  endedAt,
});
