import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endsWithin, retryPlan, waitAfter, type RetryDeclaration } from './retry.ts';

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
    expect(retryPlan({ delays: ['10s', '1s', '5m'] })).toMatchObject({
      initialMs: 10_000,
      coefficient: 1,
      maximumAttempts: 4,
    });
  });

  it('without a first wait has an interval that the engine accepts', () => {
    expect(retryPlan({ delays: ['0s', '0s'] })).toMatchObject({
      initialMs: 1,
      coefficient: 1,
      maximumAttempts: 3,
      delaysMs: [0, 0],
    });
  });

  it('of a list allows a thousand attempts', () => {
    const delays = Array.from({ length: 999 }, () => '1s');
    expect(retryPlan({ delays }).maximumAttempts).toBe(1_000);
    expect(() => retryPlan({ delays: [...delays, '1s'] })).toThrow();
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
    expect(waits({ initialInterval: '5s' }, 4)).toEqual([5, 10, 20, 40]);
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

describe('the time of all attempts', () => {
  it('is that of each and of the waits between them', () => {
    const plan = retryPlan({ delays: ['1s', '2s'] });
    // Three attempts of 10 s.
    expect(endsWithin(plan, 10_000, 33_001)).toBe(true);
    expect(endsWithin(plan, 10_000, 33_000)).toBe(false);
    expect(endsWithin(retryPlan({ delays: [] }), 10_000, 10_001)).toBe(true);
  });

  it('has no end if there is no last attempt', () => {
    expect(endsWithin(retryPlan({ initialInterval: '1s' }), 1, Number.MAX_SAFE_INTEGER)).toBe(false);
  });
});
