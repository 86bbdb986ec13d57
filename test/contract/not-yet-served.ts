/** What the contract promises and the subgraph does not serve yet: whole types, then parts of types that are served. It only shrinks. */
export const notYetServed: readonly string[] = ['SignInStepKind.SECOND_FACTOR'];
