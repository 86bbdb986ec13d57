/**
 * How well a value tells to which of two groups it belongs (area under the ROC curve): the probability that one of `a` is
 * greater than one of `b`, equal ones counted half. 0.5 is chance.
 */
export function auc(a: readonly number[], b: readonly number[]): number {
  const sorted = [...a.map((value) => ({ value, ofA: 1 })), ...b.map((value) => ({ value, ofA: 0 }))].sort(
    (one, other) => one.value - other.value,
  );
  let rankSum = 0;
  for (let start = 0; start < sorted.length; ) {
    let end = start;
    while (end < sorted.length && sorted[end]?.value === sorted[start]?.value) end += 1;
    // Equal values share the mean of their ranks, which begin at 1.
    const rank = (start + 1 + end) / 2;
    for (const { ofA } of sorted.slice(start, end)) rankSum += ofA * rank;
    start = end;
  }
  return (rankSum - (a.length * (a.length + 1)) / 2) / (a.length * b.length);
}
