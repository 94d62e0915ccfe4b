import { describeFault } from './plan.ts';
import type { Accepted } from './accepted.ts';
import type { RoundResult } from './round.ts';

/** Describes a round in a few lines: its seed, its faults with their moments, its load, its recovery and its violations. */
export function describeRound({ plan, accepted, recoveryMs, violations, refusals }: RoundResult): string {
  const verdict =
    violations.length === 0 ? 'ok' : `${violations.length} violation${violations.length === 1 ? '' : 's'}`;
  return [
    `seed ${plan.seed}  ${verdict}  recovered after ${(recoveryMs / 1_000).toFixed(1)} s`,
    ...plan.faults.map((fault) => `    ${describeFault(fault)}`),
    `    accepted: ${describeAccepted(accepted)}`,
    ...[...refusals].map(([what, times]) => `    ${times} × ${what}`),
    ...violations.map((violation) => `  ! ${violation}`),
  ].join('\n');
}

function describeAccepted(accepted: Accepted): string {
  return Object.entries(accepted)
    .map(([kind, list]: [string, unknown[]]) => `${list.length} ${kind}`)
    .join(', ');
}

function countAccepted(accepted: Accepted): number {
  return Object.values(accepted)
    .map((list: unknown[]) => list.length)
    .reduce((sum, count) => sum + count, 0);
}

/** A table of all rounds, one line for each. */
export function summaryTable(results: readonly RoundResult[]): string {
  const header = ['seed', 'faults', 'accepted', 'recovery', 'violations'];
  const rows = results.map(({ plan, accepted, recoveryMs, violations }) => [
    String(plan.seed),
    String(plan.faults.length),
    String(countAccepted(accepted)),
    `${(recoveryMs / 1_000).toFixed(1)} s`,
    String(violations.length),
  ]);
  const widths = header.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [header, ...rows]
    .map((row) => row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  '))
    .join('\n');
}
