import { expect, test } from '@jest/globals';
import { present } from '../../src/graphql/results/present.ts';

type Outcome = { readonly kind: 'renamed'; readonly name: string } | { readonly kind: 'not_found' };
const renamed = ({ name }: { readonly name: string }) => `renamed to ${name}`;
const notFound = () => 'not found';

test('an outcome is presented by the case of its kind', () => {
  const outcomes: readonly Outcome[] = [{ kind: 'renamed', name: 'Ada' }, { kind: 'not_found' }];
  expect(outcomes.map((outcome) => present(outcome, { renamed, not_found: notFound }))).toEqual([
    'renamed to Ada',
    'not found',
  ]);
});

test('a kind without a case does not compile', () => {
  const outcome: Outcome = { kind: 'not_found' } as Outcome;
  // @ts-expect-error: no case for `not_found`
  expect(() => present(outcome, { renamed })).toThrow();
});
