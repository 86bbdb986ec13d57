import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
} from 'graphql';
import type { GraphQLContext } from '../request/context.ts';

/** The arguments of an admitted subscription. */
export interface SubscriptionArgs extends ExecutionArgs {
  readonly contextValue: GraphQLContext;
}

/** Completes the result of an execution, for example by masking its errors. */
type Finish = (result: ExecutionResult, context: GraphQLContext) => ExecutionResult;

/**
 * As `subscribe` of graphql-js, with two differences. A stream that has been closed yields nothing more: there, a result
 * whose execution was in progress still comes, after the client's `complete`. And streams of one credential that select
 * the same share the execution of an event.
 */
export async function subscribe(
  args: SubscriptionArgs,
  finish: Finish,
): Promise<AsyncIterableIterator<ExecutionResult, undefined> | ExecutionResult> {
  const source = await createSourceEventStream(args);
  return Symbol.asyncIterator in source
    ? new Results(source, args, finish)
    : finish(source, args.contextValue);
}

class Results implements AsyncIterableIterator<ExecutionResult, undefined> {
  readonly #source: AsyncIterator<unknown>;
  readonly #args: SubscriptionArgs;
  readonly #finish: Finish;
  readonly #key: string | null;
  #closed = false;

  constructor(source: AsyncIterable<unknown>, args: SubscriptionArgs, finish: Finish) {
    this.#source = source[Symbol.asyncIterator]();
    this.#args = args;
    this.#finish = finish;
    this.#key = keyOf(args);
  }

  async next(): Promise<IteratorResult<ExecutionResult, undefined>> {
    const event = await this.#source.next();
    if (event.done || this.#closed) return DONE;
    try {
      const value = await this.#execute(event.value);
      return this.#closed ? DONE : { value, done: false };
    } catch (error) {
      await this.return();
      throw error;
    }
  }

  async return(): Promise<IteratorResult<ExecutionResult, undefined>> {
    this.#closed = true;
    await this.#source.return?.();
    return DONE;
  }

  /** graphql-sse closes only what has it. */
  throw(): Promise<IteratorResult<ExecutionResult, undefined>> {
    return this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #execute(event: unknown): Promise<ExecutionResult> {
    const key = this.#key;
    if (key === null || typeof event !== 'object' || event === null) return this.#executeAlone(event);
    const ofEvent = executions.get(event) ?? new Map<string, Promise<ExecutionResult>>();
    executions.set(event, ofEvent);
    const execution = ofEvent.get(key) ?? this.#executeAlone(event);
    ofEvent.set(key, execution);
    return execution;
  }

  async #executeAlone(rootValue: unknown): Promise<ExecutionResult> {
    const result = await execute({ ...this.#args, rootValue });
    return this.#finish(result, this.#args.contextValue);
  }
}

const DONE = { value: undefined, done: true } as const;

/** Executions of an event, by what their result depends on. */
const executions = new WeakMap<object, Map<string, Promise<ExecutionResult>>>();

/** All that a result depends on besides the event; null if the credential is unknown. */
function keyOf({ document, operationName, variableValues, contextValue }: SubscriptionArgs): string | null {
  const { credential } = contextValue;
  if (credential.kind !== 'accepted' || credential.principal.kind === 'anonymous') return null;
  const { scopes } = credential.principal;
  const { credentialId } = contextValue;
  const by = [credentialId, [...scopes].sort(), idOf(document), operationName ?? null, variableValues];
  return JSON.stringify(by);
}

/** Documents are cached, so that equal ones are usually the same object. */
const documentIds = new WeakMap<DocumentNode, number>();
let documentCount = 0;

function idOf(document: DocumentNode): number {
  const known = documentIds.get(document);
  if (known !== undefined) return known;
  documentCount += 1;
  documentIds.set(document, documentCount);
  return documentCount;
}
