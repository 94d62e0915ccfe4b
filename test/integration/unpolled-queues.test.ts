import { pino } from 'pino';
import { expect, it } from 'vitest';
import { warnOfUnpolledQueues } from '../../packages/durable-jobs/src/worker/warn-of-unpolled-queues.ts';
import { eventually } from '../support/jobs.ts';
import { useService } from '../support/service.ts';

const service = useService();

/** Checks the queues once, and returns those that were named in warnings. */
async function warnedOf(queues: { all: string[]; served: string[] }): Promise<string[]> {
  const warned: string[] = [];
  const checked = new AbortController();
  const logger = pino(
    { level: 'debug' },
    {
      write(line: string) {
        const { queue, msg } = JSON.parse(line) as { queue: string; msg: string };
        expect(msg).toContain(`no worker polls the task queue ${queue}`);
        warned.push(queue);
      },
    },
  );
  const client = service.client;
  const last = queues.all.at(-1);
  const checking = warnOfUnpolledQueues({ client, logger }, queues, checked.signal, { firstCheckMs: 1 });
  await eventually(() => expect(warned).toContain(last));
  checked.abort();
  await checking;
  return warned;
}

it('a worker warns of each queue that neither it nor another worker polls', async () => {
  const all = ['jobs', 'first-unknown', 'own', 'last-unknown'];
  await eventually(async () =>
    expect(await warnedOf({ all, served: ['own'] })).toEqual(['first-unknown', 'last-unknown']),
  );
});

it('a worker that serves every queue checks nothing', async () => {
  const logger = pino({ level: 'silent' });
  const queues = { all: ['one', 'two'], served: ['two', 'one'] };
  // It resolves although nothing aborts it.
  await warnOfUnpolledQueues({ client: service.client, logger }, queues, new AbortController().signal);
});
