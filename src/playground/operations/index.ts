import auditLog from './audit-log.graphql';
import endASession from './end-a-session.graphql';
import endAllSessions from './end-all-sessions.graphql';
import findUsers from './find-users.graphql';
import mySessions from './my-sessions.graphql';
import sessionsOfAUser from './sessions-of-a-user.graphql';
import signIn from './sign-in.graphql';
import tokenForAScript from './token-for-a-script.graphql';
import watchAllSessions from './watch-all-sessions.graphql';
import watchMySessions from './watch-my-sessions.graphql';

/** An operation that the playground has ready, with examples of its variables. */
export interface Prepared {
  readonly name: string;
  readonly text: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** What administrators do, then what every user does. */
export const operations: readonly Prepared[] = [
  { name: 'Sign in', text: signIn, variables: { identifier: '', password: '' } },
  { name: 'Users', text: findUsers, variables: { search: null, locked: null } },
  { name: 'A user', text: sessionsOfAUser, variables: { userId: '' } },
  { name: 'End session', text: endASession, variables: { sessionId: '' } },
  { name: 'End all', text: endAllSessions, variables: { userId: '' } },
  { name: 'Watch all', text: watchAllSessions, variables: { userId: null } },
  { name: 'Audit log', text: auditLog, variables: { filter: { types: null, outcome: null }, after: null } },
  { name: 'My sessions', text: mySessions, variables: {} },
  {
    name: 'Script token',
    text: tokenForAScript,
    variables: { input: { name: 'nightly report', scopes: ['profile:read'], expiresInDays: 30 } },
  },
  { name: 'Watch mine', text: watchMySessions, variables: {} },
];
