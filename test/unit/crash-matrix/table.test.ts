import { expect, it } from 'vitest';
import { nothingAccepted } from '../../crash/matrix/accepted.ts';
import type { RoundResult } from '../../crash/matrix/round.ts';
import { describeRound, summaryTable } from '../../crash/matrix/table.ts';

const result: RoundResult = {
  plan: {
    seed: 7,
    seconds: 15,
    faults: [{ kind: 'kill', target: 'engine', atMs: 1_500, forMs: 2_000 }],
    load: [],
  },
  accepted: { ...nothingAccepted(), workItems: [{ id: 'w', sku: 'tea', delta: 1 }] },
  faults: [],
  refusals: new Map([['POST /api/orders: 503 database_unavailable', 3]]),
  recoveryMs: 12_345,
  violations: ['order o is lost'],
};

it('a round is described with its seed, faults, load, recovery and violations', () => {
  expect(describeRound(result).split('\n')).toEqual([
    'seed 7  1 violation  recovered after 12.3 s',
    '    kill engine at 1.5 s for 2.0 s',
    expect.stringContaining('accepted: 0 registrations') as string,
    '    3 × POST /api/orders: 503 database_unavailable',
    '  ! order o is lost',
  ]);
});

it('the table has a line for each round', () => {
  expect(summaryTable([result, { ...result, violations: [] }]).split('\n')).toEqual([
    'seed  faults  accepted  recovery  violations',
    '   7       1         1    12.3 s           1',
    '   7       1         1    12.3 s           0',
  ]);
});
