import { CronExpressionParser } from 'cron-parser';
import { allValues, type CalendarFields } from './calendar-fields.ts';
import { oversizedStep, type Step } from './steps.ts';

/** The fields of a cron expression, in order. */
const cronFields = ['minute', 'hour', 'dayOfMonth', 'month', 'dayOfWeek'] as const;

/**
 * Returns the values of a cron expression with five fields.
 * @throws {Error} that says what is wrong with it.
 */
export function compileCron(cron: string): CalendarFields {
  if (split(cron).length !== cronFields.length) {
    throw new Error('must have five fields: minute, hour, day of month, month, day of week');
  }
  // Quartz's extensions, which Temporal does not support.
  if (/[LW#?H]/.test(cron.replace(/[A-Za-z]{3}/g, ''))) throw new Error('must not contain L, W, #, ? or H');
  const fields = parse(cron);
  for (const step of cronSteps(cron)) {
    const problem = oversizedStep(step);
    if (problem !== undefined) throw new Error(problem);
  }
  return fields;
}

/** Returns the steps of a cron expression that can be parsed. */
export function cronSteps(cron: string): Step[] {
  const texts = split(cron);
  return cronFields.flatMap((field, index) =>
    (texts[index] ?? '').split(',').flatMap((part) => {
      const [base = '', step] = part.split('/');
      if (step === undefined) return [];
      // A single value with a step stands for this value and all later ones.
      const size = base.includes('-') ? valuesOf(field, base).length : allValues(field).length;
      return [{ field, step: Number(step), size }];
    }),
  );
}

function valuesOf(field: (typeof cronFields)[number], text: string): readonly number[] {
  return parse(cronFields.map((name) => (name === field ? text : '*')).join(' '))[field];
}

function split(cron: string): string[] {
  return cron.trim().split(/\s+/);
}

function parse(cron: string): CalendarFields {
  const { fields } = CronExpressionParser.parse(cron);
  const numbers = (values: readonly unknown[]): number[] =>
    [...new Set(values.filter((value) => typeof value === 'number'))].sort((a, b) => a - b);
  return {
    second: [0],
    minute: numbers(fields.minute.values),
    hour: numbers(fields.hour.values),
    dayOfMonth: numbers(fields.dayOfMonth.values),
    month: numbers(fields.month.values),
    dayOfWeek: numbers(fields.dayOfWeek.values.map((day) => (day === 7 ? 0 : day))),
  };
}
