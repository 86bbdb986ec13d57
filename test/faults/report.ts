import { checks } from './checks.ts';
import type { History, Violation } from './history.ts';

/** How many violations of one invariant are shown. */
const SHOWN = 5;

/** Prints what happened, and what of it must not happen. */
export function report(
  { operations, faults, deliveries, published, state }: History,
  violations: Violation[],
): void {
  const counts = new Map<string, number>();
  for (const { kind, outcome } of operations)
    counts.set(`${kind} ${outcome}`, (counts.get(`${kind} ${outcome}`) ?? 0) + 1);
  console.log(
    `\n${operations.length} requests, ${faults.length} faults; ${state.sessions.length} sessions, ` +
      `${state.events.length} audit events, ${published.size} published, ${deliveries.length} told to watchers`,
  );
  for (const [what, count] of [...counts].sort(([a], [b]) => a.localeCompare(b)))
    console.log(`  ${what}: ${count}`);
  console.log(`\n${Object.keys(checks).length} invariants were checked.`);
  const invariants = new Set(violations.map(({ invariant }) => invariant));
  for (const invariant of invariants) {
    const broken = violations.filter((violation) => violation.invariant === invariant);
    console.log(`\n${invariant}: ${broken.length} violations`);
    for (const { what } of broken.slice(0, SHOWN)) console.log(`  ${what}`);
  }
}
