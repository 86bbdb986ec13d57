import { randomUUID } from 'node:crypto';
import { GraphQLError } from 'graphql';
import type { Caller } from './access-token.ts';

export interface Context {
  /** Who calls; null for nobody that we know. Rejects when that cannot be found out. */
  readonly caller: () => Promise<Caller | null>;
}

interface Task {
  readonly id: string;
  readonly title: string;
  readonly ownerId: string;
}

interface UserReference {
  readonly id: string;
}

/** Newest first. Yours has a database. */
const tasks: Task[] = [];

export const resolvers = {
  Query: {
    task: async (_root: unknown, { id }: { id: string }, context: Context) => {
      const { userId } = await callerWith(context, 'tasks:read');
      return tasks.find((task) => task.id === id && task.ownerId === userId) ?? null;
    },
  },
  Mutation: {
    createTask: async (_root: unknown, { title }: { title: string }, context: Context) => {
      const { userId } = await callerWith(context, 'tasks:write');
      const task = { id: randomUUID(), title, ownerId: userId };
      tasks.unshift(task);
      return task;
    },
  },
  Task: {
    // Latchkey's id of a user is the `sub` of their access tokens.
    owner: ({ ownerId }: Task): UserReference => ({ id: ownerId }),
  },
  User: {
    // References are data from strangers, through a router or past it. Only the key is read, and that somebody asks for a
    // user does not mean that they may: each field decides for itself.
    __resolveReference: ({ id }: UserReference): UserReference => ({ id }),
    tasks: async ({ id }: UserReference, _args: unknown, context: Context) => {
      const { userId } = await callerWith(context, 'tasks:read');
      return userId === id ? tasks.filter(({ ownerId }) => ownerId === id) : null;
    },
  },
};

/** The caller, if the access token permits this: one that a script has exchanged may permit less than its user may do. */
async function callerWith({ caller }: Context, scope: 'tasks:read' | 'tasks:write'): Promise<Caller> {
  const known = await caller().catch((cause: unknown) => {
    console.error('access tokens cannot be checked:', cause);
    throw refusal('SERVICE_UNAVAILABLE', 'The service is temporarily unavailable. Try again shortly.');
  });
  if (known === null) throw refusal('UNAUTHENTICATED', 'Sign in to do this.');
  if (!known.scopes.has(scope)) throw refusal('FORBIDDEN', `This requires the scope ${scope}.`);
  return known;
}

/** Answered with HTTP 200: some routers replace the errors of an answer with another status by one of their own. */
function refusal(code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}
