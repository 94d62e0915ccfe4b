import { describe, expect, it } from 'vitest';
import { faultTargets, loadKinds, makePlan } from '../../crash/matrix/plan.ts';

const form = { seconds: 60, faults: 8 };
const seeds = Array.from({ length: 200 }, (_, index) => index + 1);

describe('the plan of a round', () => {
  it('is the same for the same seed, and another for another seed', () => {
    expect(makePlan(7, form)).toEqual(makePlan(7, form));
    expect(makePlan(7, form).faults).not.toEqual(makePlan(8, form).faults);
    expect(makePlan(7, form).load).not.toEqual(makePlan(8, form).load);
  });

  it('has requests of every kind and faults within its time, in order', () => {
    for (const seed of seeds) {
      const { faults, load } = makePlan(seed, form);
      expect(new Set(load.map(({ kind }) => kind))).toEqual(new Set(loadKinds));
      for (const steps of [faults, load]) {
        const times = steps.map(({ atMs }) => atMs);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
        expect(Math.min(...times)).toBeGreaterThanOrEqual(0);
        expect(Math.max(...times)).toBeLessThanOrEqual(60_000);
      }
      expect(faults.length).toBeGreaterThan(0);
      for (const { forMs } of faults) expect(forMs).toBeGreaterThanOrEqual(1_000);
    }
  });

  it('lets no two faults of one part overlap', () => {
    for (const seed of seeds) {
      for (const [index, fault] of makePlan(seed, form).faults.entries()) {
        const later = makePlan(seed, form).faults.slice(index + 1);
        for (const other of later.filter(({ target }) => target === fault.target)) {
          expect(other.atMs).toBeGreaterThan(fault.atMs + fault.forMs);
        }
      }
    }
  });

  it('does everything that can be done to every part, in some round', () => {
    const done = new Set(
      seeds.flatMap((seed) => makePlan(seed, form).faults.map(({ kind, target }) => `${kind} ${target}`)),
    );
    const possible = Object.entries(faultTargets).flatMap(([kind, targets]) =>
      targets.map((target) => `${kind} ${target}`),
    );
    expect(done).toEqual(new Set(possible));
  });

  it('leaves out the parts that a machine does not have', () => {
    for (const seed of seeds) {
      const { faults } = makePlan(seed, { ...form, without: ['engine'] });
      expect(faults.some(({ target }) => target === 'engine')).toBe(false);
    }
  });
});
