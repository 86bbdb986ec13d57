import { randomUUID } from 'node:crypto';
import {
  type CallerContext,
  MissingScopeError,
  RefusedError,
  requireScope,
  requireUser,
  type UserPrincipal,
} from '@latchkey/verifier';
import { GraphQLError } from 'graphql';

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
    task: async (_root: unknown, { id }: { id: string }, context: CallerContext) => {
      const { userId } = callerWith(context, 'tasks:read');
      return tasks.find((task) => task.id === id && task.ownerId === userId) ?? null;
    },
  },
  Mutation: {
    createTask: async (_root: unknown, { title }: { title: string }, context: CallerContext) => {
      const { userId } = callerWith(context, 'tasks:write');
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
    tasks: async ({ id }: UserReference, _args: unknown, context: CallerContext) => {
      const { userId } = callerWith(context, 'tasks:read');
      return userId === id ? tasks.filter(({ ownerId }) => ownerId === id) : null;
    },
  },
};

/** The user, if the token permits this: that of a script may permit less than its user may do. */
function callerWith({ caller }: CallerContext, scope: 'tasks:read' | 'tasks:write'): UserPrincipal {
  try {
    const user = requireUser(caller);
    requireScope(user, scope);
    return user;
  } catch (error) {
    const code = codeOf(error);
    // Answered with HTTP 200: some routers replace the errors of an answer with another status by one of their own.
    throw code === null ? error : new GraphQLError((error as Error).message, { extensions: { code } });
  }
}

function codeOf(error: unknown): string | null {
  if (error instanceof MissingScopeError) return 'FORBIDDEN';
  if (!(error instanceof RefusedError)) return null;
  if (error.status === 401) return 'UNAUTHENTICATED';
  console.error('tokens cannot be verified:', error.cause);
  return 'SERVICE_UNAVAILABLE';
}
