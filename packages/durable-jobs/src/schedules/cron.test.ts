import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allValues, fieldBounds, fieldNames, type CalendarFields } from './calendar-fields.ts';
import { compileCron } from './cron.ts';
import { nextRuns } from './next-runs.ts';

/** The fields of an expression in their order. */
const order = ['minute', 'hour', 'dayOfMonth', 'month', 'dayOfWeek'] as const;

/** A part of a field and the values that it stands for. */
const part = (name: keyof CalendarFields): fc.Arbitrary<{ text: string; values: number[] }> => {
  const [min, max] = fieldBounds[name];
  const value = fc.integer({ min, max });
  const range = fc.tuple(value, value).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
  const every = (from: number, to: number, step = 1): number[] =>
    allValues(name).filter((one) => one >= from && one <= to && (one - from) % step === 0);
  return fc.oneof(
    fc.constant({ text: '*', values: allValues(name) }),
    value.map((one) => ({ text: `${one}`, values: [one] })),
    range.map(([from, to]) => ({ text: `${from}-${to}`, values: every(from, to) })),
    range.chain(([from, to]) =>
      fc
        .integer({ min: 1, max: Math.max(1, to - from) })
        .map((step) => ({ text: `${from}-${to}/${step}`, values: every(from, to, step) })),
    ),
    fc
      .integer({ min: 1, max: max - min })
      .map((step) => ({ text: `*/${step}`, values: every(min, max, step) })),
  );
};

const list = (name: keyof CalendarFields) =>
  fc
    .uniqueArray(fc.constantFrom(...allValues(name)), { minLength: 1, maxLength: 5 })
    .map((values) => ({ text: values.join(','), values: values.toSorted((a, b) => a - b) }));

/** Days of the months, in a leap year. */
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** An expression and the values of its fields. A single month leaves out the days that it lacks; one without any of its days is refused. */
const expression = fc
  .tuple(...order.map((name) => fc.oneof(part(name), list(name))))
  .map((fields) => {
    const values = order.map((_, index) => fields[index]?.values ?? []);
    const [, , days = [], [month = 1, ...others] = []] = values;
    if (others.length === 0) values[2] = days.filter((day) => day <= (DAYS[month - 1] ?? 31));
    return { cron: fields.map(({ text }) => text).join(' '), values };
  })
  .filter(({ values }) => values.every((some) => some.length > 0));

describe('any cron expression', () => {
  it('has the values of its ranges, lists and steps', () => {
    fc.assert(
      fc.property(expression, ({ cron, values }) => {
        expect(compileCron(cron)).toEqual({
          second: [0],
          ...Object.fromEntries(order.map((name, index) => [name, values[index]])),
        });
      }),
    );
  });

  it('runs only at times that match it, each later than the one before', () => {
    fc.assert(
      fc.property(expression, fc.integer({ min: 0, max: 4_000_000_000 }), ({ cron }, seconds) => {
        const compiled = compileCron(cron);
        const after = seconds * 1_000;
        const runs = nextRuns({ kind: 'cron', cron, fields: compiled }, 'UTC', after, 3);
        expect(runs).toEqual([...new Set(runs)].sort((a, b) => a - b));
        for (const run of runs) {
          expect(run).toBeGreaterThan(after);
          const at = new Date(run);
          expect(compiled.minute).toContain(at.getUTCMinutes());
          expect(compiled.hour).toContain(at.getUTCHours());
          expect(compiled.dayOfMonth).toContain(at.getUTCDate());
          expect(compiled.month).toContain(at.getUTCMonth() + 1);
          expect(compiled.dayOfWeek).toContain(at.getUTCDay());
        }
      }),
    );
  });
});

describe('any text as a cron expression', () => {
  it('is refused with a reason, or has values within the bounds of its fields', () => {
    const token = fc.stringMatching(/^[0-9*,/\-LW#?HA-Z]{1,6}$/);
    const text = fc.oneof(
      fc.string(),
      fc.array(token, { minLength: 4, maxLength: 6 }).map((tokens) => tokens.join(' ')),
    );
    fc.assert(
      fc.property(text, (cron) => {
        let fields: CalendarFields;
        try {
          fields = compileCron(cron);
        } catch (error) {
          expect((error as Error).message).not.toBe('');
          return;
        }
        for (const name of fieldNames) {
          const [min, max] = fieldBounds[name];
          expect(fields[name].length).toBeGreaterThan(0);
          for (const value of fields[name]) expect(value >= min && value <= max).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
