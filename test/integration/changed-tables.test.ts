import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { registerUser } from '../support/job-actions.ts';
import { useService } from '../support/service.ts';

const service = useService({ workers: false });

/** Makes a request many times, several at once, and returns the statuses of the answers. */
async function requestOften(path: string, body: object): Promise<number[]> {
  const answers = await Promise.all(Array.from({ length: 40 }, () => service.request('POST', path, body)));
  return answers.map(({ status }) => status);
}

it.each([
  ['/api/orders', 201, 'orders'],
  ['/api/jobs', 202, 'outbox'],
  ['/api/work-items', 201, 'work_items'],
])(
  'accepts requests whose statements were prepared before their table got another column, as during an upgrade: %s',
  async (path, status, table) => {
    const { id: userId } = await registerUser(service);
    const items = [{ sku: 'tea', quantity: 1, unitAmount: 450 }];
    const bodies: Record<string, object> = {
      '/api/orders': { userId, currency: 'EUR', items, paymentMethod: 'pm_card_visa' },
      '/api/jobs': { type: 'deleteExpired' },
      '/api/work-items': { kind: 'adjust-stock', payload: { sku: 'tea', delta: 1, reason: 'delivery' } },
    };
    const accepted = Array<number>(40).fill(status);
    // Enough for each connection to have prepared its statements.
    for (let round = 0; round < 5; round++)
      expect(await requestOften(path, bodies[path] ?? {})).toEqual(accepted);
    await sql`ALTER TABLE ${sql.table(table)} ADD COLUMN added_later text`.execute(service.db);
    expect(await requestOften(path, bodies[path] ?? {})).toEqual(accepted);
  },
);
