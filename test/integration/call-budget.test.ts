import { pino } from 'pino';
import { afterEach, expect, it } from 'vitest';
import { createCallBudget, type CallBudget } from '../../domain/payments/call-budget.ts';
import { useService } from '../support/service.ts';

const service = useService({ workers: false });
const budgets: CallBudget[] = [];

/** As in each worker. */
const budget = (databaseUrl: string, perSecond: number): CallBudget => {
  const made = createCallBudget({ database: databaseUrl, perSecond, logger: pino({ level: 'silent' }) });
  budgets.push(made);
  return made;
};

afterEach(async () => {
  await Promise.all(budgets.splice(0).map((made) => made.close()));
});

it('limits the calls of all processes together per second', async () => {
  const workers = [budget(service.databaseUrl, 5), budget(service.databaseUrl, 5)];
  const began = performance.now();
  await Promise.all(workers.flatMap((worker) => Array.from({ length: 8 }, () => worker.take())));
  // Sixteen calls at five per second: the last one is in the fourth second.
  expect(performance.now() - began).toBeGreaterThan(2_900);
});

it('continues by itself while the database is unavailable', async () => {
  const nowhere = new URL(service.databaseUrl);
  nowhere.port = '1';
  const alone = budget(nowhere.href, 5);
  await Promise.all(Array.from({ length: 5 }, () => alone.take()));
});
