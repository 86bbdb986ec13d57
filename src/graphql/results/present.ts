type Outcome = { readonly kind: string };

type Cases<O extends Outcome> = {
  readonly [Kind in O['kind']]: (outcome: Extract<O, { kind: Kind }>) => unknown;
};

/** The GraphQL value of a service's outcome. A kind without a case does not compile. */
export function present<O extends Outcome, C extends Cases<O>>(
  outcome: O,
  cases: C,
): ReturnType<C[keyof C & O['kind']]> {
  const present = cases[outcome.kind as keyof C] as (outcome: O) => ReturnType<C[keyof C & O['kind']]>;
  return present(outcome);
}
