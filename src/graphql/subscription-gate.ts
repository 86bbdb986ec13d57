import {
  type DocumentNode,
  type ExecutionArgs,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  NoSchemaIntrospectionCustomRule,
  OperationTypeNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import type { EventLog, Logger } from '../core/ports.ts';
import type { GraphQLContext } from './context.ts';
import { maskError, toGraphQLError } from './errors.ts';
import { limits } from './limits.ts';
import { refuseOperation } from './operation-rules.ts';
import { recordRefusals } from './refusals.ts';

/** What a client asks for over WebSocket or server-sent events. */
export interface SubscriptionRequest {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Record<string, unknown> | null | undefined;
}

interface Result {
  readonly data?: unknown;
  readonly errors?: readonly GraphQLError[] | undefined;
}

interface Options {
  readonly schema: GraphQLSchema;
  readonly events: EventLog;
  readonly revealSchema: boolean;
  readonly logger: Logger;
}

/**
 * The way in for what does not come through Apollo Server: the libraries behind WebSocket and server-sent events execute any
 * operation, unlimited and unmasked. Here the same rules apply as by HTTP, and only subscriptions pass.
 */
export class SubscriptionGate {
  readonly #schema: GraphQLSchema;
  readonly #revealSchema: boolean;
  readonly #rules: Parameters<typeof validate>[2];
  readonly #events: EventLog;
  readonly #logger: Logger;

  constructor({ schema, events, revealSchema, logger }: Options) {
    this.#events = events;
    this.#schema = schema;
    this.#revealSchema = revealSchema;
    this.#rules = revealSchema ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];
    this.#logger = logger;
  }

  /** What to execute, or the errors for the client. Never throws. */
  async admit(
    request: SubscriptionRequest,
    createContext: () => Promise<GraphQLContext>,
  ): Promise<ExecutionArgs | readonly GraphQLError[]> {
    try {
      const document = this.#parse(request.query);
      if (document instanceof GraphQLError) return [document];
      const errors = validate(this.#schema, document, this.#rules, { maxErrors: 10 });
      if (errors.length > 0) return errors.map((error) => this.#refusal(error));
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

  /** A result as the client may see it; undefined where it is already. What was refused in it is recorded. */
  mask({ data, errors }: Result, context: GraphQLContext | undefined): FormattedExecutionResult | undefined {
    if (errors === undefined) return undefined;
    if (context !== undefined) void recordRefusals(context, this.#events, this.#logger);
    const masked = errors.map((error) => maskError(error.toJSON(), error, this.#logger));
    return { errors: masked, ...(data !== undefined && { data: data as Record<string, unknown> | null }) };
  }

  /** With suggestions, which tell the schema to whoever guesses, only where the schema is told. */
  #refusal(error: GraphQLError): GraphQLError {
    const refusal = withCode(error, 'GRAPHQL_VALIDATION_FAILED');
    if (!this.#revealSchema) refusal.message = refusal.message.replace(/ Did you mean .*/s, '');
    return refusal;
  }

  #parse(query: string): DocumentNode | GraphQLError {
    try {
      return parse(query, { maxTokens: limits.tokens });
    } catch (error) {
      if (error instanceof GraphQLError) return withCode(error, 'GRAPHQL_PARSE_FAILED');
      throw error;
    }
  }
}

function onlySubscriptions(): GraphQLError {
  return withCode(new GraphQLError('Only subscriptions are answered here.'), 'BAD_USER_INPUT');
}

function withCode({ message, nodes, source, positions }: GraphQLError, code: string): GraphQLError {
  const at = { nodes: nodes ?? null, source: source ?? null, positions: positions ?? null };
  return new GraphQLError(message, { ...at, extensions: { code } });
}
