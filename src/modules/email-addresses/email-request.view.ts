import type { GraphQLContext } from '../../graphql/request/context.ts';
import { invalidInput, rateLimited } from '../../graphql/results/auth-errors.ts';
import { present } from '../../graphql/results/present.ts';
import type { EmailRequestOutcome } from './outcomes.ts';

export const requestAccepted = () => ({ __typename: 'AuthRequestAccepted' as const, accepted: true });

/** The answer to a request for a message. */
export const presentEmailRequest = (context: GraphQLContext, outcome: EmailRequestOutcome) =>
  present(outcome, {
    accepted: requestAccepted,
    invalid_input: ({ fields }) => invalidInput(fields),
    rate_limited: ({ retryAfterSeconds }) => rateLimited(context, retryAfterSeconds),
  });
