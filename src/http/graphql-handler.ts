import { type ApolloServer, HeaderMap } from '@apollo/server';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GraphQLContext } from '../graphql/request/context.ts';

export type CreateContext = (request: FastifyRequest, reply: FastifyReply) => Promise<GraphQLContext>;

/** Answers queries and mutations by Apollo Server. */
export function createGraphQLHandler(graphql: ApolloServer<GraphQLContext>, createContext: CreateContext) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<string> => {
    const query = request.url.indexOf('?');
    const { headers, body, status } = await graphql.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        body: request.body,
        method: request.method,
        headers: new RequestHeaders(request.headers),
        search: query === -1 ? '' : request.url.slice(query),
      },
      context: () => createContext(request, reply),
    });
    // The schema has neither @defer nor @stream.
    if (body.kind !== 'complete') throw new Error('a response is incremental');
    for (const [name, value] of headers) reply.header(name, value);
    reply.code(status ?? 200);
    return body.string;
  };
}

/** Looks headers up in the request: Apollo Server reads three of them, and copying all takes as long as parsing them. */
class RequestHeaders extends HeaderMap {
  readonly #headers: FastifyRequest['headers'];

  constructor(headers: FastifyRequest['headers']) {
    super();
    this.#headers = headers;
  }

  override get(name: string): string | undefined {
    const value = this.#headers[name.toLowerCase()];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  override has(name: string): boolean {
    return this.get(name) !== undefined;
  }
}
