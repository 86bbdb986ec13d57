import { type PageRequest, type Position, toCursor } from '../../core/page.ts';

/** A page of a list. */
export interface ConnectionView<Node> {
  readonly edges: readonly { readonly cursor: string; readonly node: Node }[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  /** Called only where `totalCount` is selected. */
  readonly countAll: () => Promise<number>;
}

interface Listing<Entry, Node> {
  /** One more than was asked for, where there is more. */
  readonly entries: readonly Entry[];
  readonly page: PageRequest;
  readonly positionOf: (entry: Entry) => Position;
  readonly toNode: (entry: Entry) => Node;
  readonly countAll: () => Promise<number>;
}

/** A page on its way to a client. */
export function connectionOf<Entry, Node>(listing: Listing<Entry, Node>): ConnectionView<Node> {
  const { entries, page, positionOf, toNode, countAll } = listing;
  const edges = entries.slice(0, page.first).map((entry) => ({
    cursor: toCursor(positionOf(entry)),
    node: toNode(entry),
  }));
  return { edges, hasNextPage: entries.length > page.first, hasPreviousPage: page.after !== null, countAll };
}

/** The resolvers of every connection type. */
export const connectionResolvers = {
  edges: <Node>({ edges }: ConnectionView<Node>) => edges,
  nodes: <Node>({ edges }: ConnectionView<Node>) => edges.map(({ node }) => node),
  pageInfo: ({ edges, hasNextPage, hasPreviousPage }: ConnectionView<unknown>) => ({
    hasNextPage,
    hasPreviousPage,
    startCursor: edges[0]?.cursor ?? null,
    endCursor: edges.at(-1)?.cursor ?? null,
  }),
  totalCount: ({ countAll }: ConnectionView<unknown>) => countAll(),
};
