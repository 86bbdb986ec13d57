import { type PageRequest, type Position, toCursor } from '../../core/page.ts';

/** Parent value of a connection type: one page of a list. */
export interface ConnectionView<Node> {
  readonly edges: readonly { readonly cursor: string; readonly node: Node }[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  /** Called only if `totalCount` is selected. */
  readonly countAll: () => Promise<number>;
}

interface Listing<Entry, Node> {
  /** Up to `page.first` + 1 entries; the extra one means that there is a next page. */
  readonly entries: readonly Entry[];
  readonly page: PageRequest;
  readonly positionOf: (entry: Entry) => Position;
  readonly toNode: (entry: Entry) => Node;
  readonly countAll: () => Promise<number>;
}

/** Builds the connection of a page. */
export function connectionOf<Entry, Node>(listing: Listing<Entry, Node>): ConnectionView<Node> {
  const { entries, page, positionOf, toNode, countAll } = listing;
  const edges = entries.slice(0, page.first).map((entry) => ({
    cursor: toCursor(positionOf(entry)),
    node: toNode(entry),
  }));
  return { edges, hasNextPage: entries.length > page.first, hasPreviousPage: page.after !== null, countAll };
}

/** Resolvers shared by all connection types. */
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
