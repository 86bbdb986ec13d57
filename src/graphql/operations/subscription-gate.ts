import {
  type ExecutionResult,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  OperationTypeNode,
} from 'graphql';
import type { EventLog, Logger } from '../../core/ports.ts';
import type { GraphQLContext } from '../request/context.ts';
import { countRefusals } from '../request/refusals.ts';
import { maskError, toGraphQLError } from '../results/errors.ts';
import { answerTooLarge } from './answer-size.ts';
import type { Documents } from './documents.ts';
import { refuseOperation } from './operation-rules.ts';
import { type SubscriptionArgs, subscribe } from './subscribe.ts';

/** A request over WebSocket or server-sent events. */
export interface SubscriptionRequest {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Record<string, unknown> | null | undefined;
}

interface Options {
  readonly schema: GraphQLSchema;
  readonly documents: Documents;
  readonly events: EventLog;
  readonly logger: Logger;
}

/**
 * Applies the rules of HTTP operations to WebSocket and server-sent events, whose libraries execute any operation
 * without limits or masking. Admits subscriptions only.
 */
export class SubscriptionGate {
  readonly #schema: GraphQLSchema;
  readonly #documents: Documents;
  readonly #events: EventLog;
  readonly #logger: Logger;

  constructor({ schema, documents, events, logger }: Options) {
    this.#schema = schema;
    this.#documents = documents;
    this.#events = events;
    this.#logger = logger;
  }

  /** The execution arguments, or the errors for the client. Never throws. */
  async admit(
    request: SubscriptionRequest,
    createContext: () => Promise<GraphQLContext>,
  ): Promise<SubscriptionArgs | readonly GraphQLError[]> {
    try {
      const reading = this.#documents.read(request.query);
      if (reading.kind === 'refused') return [reading.error];
      const { document } = reading;
      const operation = getOperationAST(document, request.operationName);
      if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) return [onlySubscriptions()];
      const variableValues = request.variables ?? {};
      const refused = refuseOperation(this.#schema, document, operation, variableValues);
      if (refused !== null) return [refused];
      return {
        schema: this.#schema,
        document,
        operationName: request.operationName,
        variableValues,
        contextValue: await createContext(),
      };
    } catch (error) {
      return [toGraphQLError(error, { requestId: null, logger: this.#logger })];
    }
  }

  /** Executes an admitted subscription. The errors of its results are masked, and its refusals counted. */
  subscribe(args: SubscriptionArgs): ReturnType<typeof subscribe> {
    return subscribe(args, (result, context) => this.#mask(result, context));
  }

  #mask(result: ExecutionResult, context: GraphQLContext): ExecutionResult {
    const { data, errors } = result;
    if (errors === undefined) return result;
    countRefusals(context, this.#events);
    if (context.answerSize.exceeded) return formatted(answerTooLarge);
    const masked = errors.map((error) => maskError(error.toJSON(), error, this.#logger));
    return formatted({ errors: masked, ...(data !== undefined && { data }) });
  }
}

/** The types of the transports ask for errors that are not formatted, although they only serialise the result as JSON. */
function formatted(result: FormattedExecutionResult): ExecutionResult {
  return result as unknown as ExecutionResult;
}

function onlySubscriptions(): GraphQLError {
  return new GraphQLError('Only subscriptions are supported on this transport.', {
    extensions: { code: 'BAD_USER_INPUT' },
  });
}
