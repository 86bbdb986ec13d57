import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { limits } from './limits.ts';

/** Tokens of all cached documents together: about 60 MB if every document has the maximum size. */
const CACHED_TOKENS = 200_000;

export type DocumentReading =
  | { readonly kind: 'valid'; readonly document: DocumentNode }
  | { readonly kind: 'refused'; readonly error: GraphQLError };

interface Options {
  readonly schema: GraphQLSchema;
  /** Allows introspection and "Did you mean" suggestions. Off in production; routers read the schema by `_service`. */
  readonly revealSchema: boolean;
}

/**
 * Parses and validates documents for all transports and caches the valid ones. Stops at the first error: each error
 * costs a scan of the document's lines, and graphql-js would collect a hundred.
 */
export class Documents {
  readonly #schema: GraphQLSchema;
  readonly #revealSchema: boolean;
  readonly #rules: Parameters<typeof validate>[2];
  readonly #valid = new LRUCache<string, DocumentNode>({
    maxSize: CACHED_TOKENS,
    sizeCalculation: ({ tokenCount = limits.tokens }, query) => tokenCount + Math.ceil(query.length / 100),
  });

  constructor({ schema, revealSchema }: Options) {
    this.#schema = schema;
    this.#revealSchema = revealSchema;
    this.#rules = revealSchema ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];
  }

  read(query: string): DocumentReading {
    const cached = this.#valid.get(query);
    if (cached !== undefined) return { kind: 'valid', document: cached };
    const reading = this.#readNew(query);
    if (reading.kind === 'valid') this.#valid.set(query, reading.document);
    return reading;
  }

  #readNew(query: string): DocumentReading {
    if (hasMoreLines(query, limits.lines)) {
      return refused(new GraphQLError(`The document has more than ${limits.lines} lines.`), 'BAD_USER_INPUT');
    }
    let document: DocumentNode;
    try {
      document = parse(query, { maxTokens: limits.tokens });
    } catch (error) {
      if (error instanceof GraphQLError) return refused(error, 'GRAPHQL_PARSE_FAILED');
      throw error;
    }
    const [error] = validate(this.#schema, document, this.#rules, { maxErrors: 1 });
    if (error === undefined) return { kind: 'valid', document };
    // Suggestions reveal the schema to clients that guess names.
    if (!this.#revealSchema) error.message = error.message.replace(/ Did you mean .*/s, '');
    return refused(error, 'GRAPHQL_VALIDATION_FAILED');
  }
}

/** Counts line ends as graphql-js does, and stops after `most`. */
function hasMoreLines(text: string, most: number): boolean {
  if (text.length < most) return false;
  const lineEnds = text.matchAll(/\r\n|[\n\r]/g);
  for (let lines = 1; lines <= most; lines += 1) if (lineEnds.next().done) return false;
  return true;
}

function refused({ message, nodes, source, positions }: GraphQLError, code: string): DocumentReading {
  const at = { nodes: nodes ?? null, source: source ?? null, positions: positions ?? null };
  return { kind: 'refused', error: new GraphQLError(message, { ...at, extensions: { code } }) };
}
