import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createJobRegistry } from '../jobs/registry.ts';
import { defineJob } from '../jobs/run/define-job.ts';
import { defineSchedule, scheduleDefinition } from './definition.ts';
import { summarisePlan } from './print-plan.ts';

const countInvoices = defineJob({
  type: 'countInvoices',
  input: z.strictObject({}),
  key: () => 'all',
  run: () => Promise.resolve(),
});
const definition = scheduleDefinition(createJobRegistry([countInvoices])).parse(
  defineSchedule({ id: 'count-invoices', job: countInvoices, cron: '0 2 * * *' }),
);

describe('a plan in few words', () => {
  it('names what changes and what is paused, and is empty if everything is as declared', () => {
    const { id } = definition;
    const unchanged = { kind: 'unchanged', definition, pause: null } as const;
    expect(summarisePlan([unchanged])).toEqual([]);
    expect(summarisePlan([{ ...unchanged, pause: { reason: 'by hand' } }])).toEqual([
      `${id} is paused: by hand`,
    ]);
    expect(
      summarisePlan([
        { kind: 'update', definition, differences: [], pause: { reason: null } },
        { kind: 'remove', id: 'older' },
      ]),
    ).toEqual([id, `${id} is paused: no reason given`, 'older']);
  });
});
