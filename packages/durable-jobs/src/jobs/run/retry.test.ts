import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryPlan, waitAfter, type RetryDeclaration } from './retry.ts';

const waits = (declared: RetryDeclaration, count: number): number[] => {
  const plan = retryPlan(declared);
  return Array.from({ length: count }, (_, index) => waitAfter(plan, index + 1) / 1_000);
};

describe('a retry declaration', () => {
  it('of a list that a formula gives leaves the waits to the engine', () => {
    expect(retryPlan({ delays: ['60s', '300s', '900s'] })).toEqual({
      initialMs: 60_000,
      coefficient: 5,
      maximumMs: 900_000,
      maximumAttempts: 4,
    });
  });

  it('of any other list keeps each wait', () => {
    expect(waits({ delays: ['10s', '1s', '5m'] }, 3)).toEqual([10, 1, 300]);
    expect(retryPlan({ delays: ['10s', '1s', '5m'] }).maximumAttempts).toBe(4);
  });

  it('with an empty list allows one attempt', () => {
    expect(retryPlan({ delays: [] }).maximumAttempts).toBe(1);
  });

  it('changes no list', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1_000_000 }), { maxLength: 12 }), (list) => {
        const plan = retryPlan({ delays: list.map((ms) => `${ms}ms`) });
        expect(list.map((_, index) => waitAfter(plan, index + 1))).toEqual(list);
        expect(plan.maximumAttempts).toBe(list.length + 1);
      }),
    );
  });

  it("with growing waits matches the engine's computation", () => {
    const declared = { initialInterval: '5s', backoffCoefficient: 3, maximumInterval: '1m' };
    expect(waits(declared, 4)).toEqual([5, 15, 45, 60]);
    expect(retryPlan(declared).maximumAttempts).toBe(0);
  });

  it.each<[string, object]>([
    ['both kinds', { delays: ['1s'], initialInterval: '1s' }],
    ['neither kind', {}],
    ['a wait that is no duration', { delays: ['soon'] }],
    ['no attempt at all', { initialInterval: '1s', maximumAttempts: 0 }],
    ['waits that shrink', { initialInterval: '1s', backoffCoefficient: 0.5 }],
  ])('with %s is refused', (_what, declared) => {
    expect(() => retryPlan(declared as RetryDeclaration)).toThrow();
  });
});
