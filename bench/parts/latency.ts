import { randomUUID } from 'node:crypto';
import { connect } from '../connect.ts';
import { quantile } from '../figures.ts';
import { emailTimes, register } from '../overdue.ts';
import { definePart, type Reading } from '../part.ts';
import { startRawSdk } from '../raw-client.ts';
import { addStockLevels } from '../work-items.ts';

/** The time of a single job on an idle system. */
export const latency = definePart({
  name: 'latency',
  title: 'A single job',
  about:
    'Users register one after another, on a system that does nothing else: the time from the commit of a registration until the mail server has accepted ' +
    'its welcome email. Workflows of the bare SDK with one activity, which commits one effect, are measured from start to end.',
  sizes: { jobs: 100 },
  figures: [
    { key: 'p50', label: 'p50, ms', better: 'less', digits: 1 },
    { key: 'p99', label: 'p99, ms', better: 'less', digits: 1 },
  ],
  reference: 'bare SDK, one activity',
  warmUp: true,
  async open({ jobs }, context) {
    const { signal } = context;
    const stack = await context.startStack({ env: { PUBLIC_RATE_LIMIT_PER_MINUTE: '1000000' } });
    const { urls } = stack.info();
    const database = await connect(urls.database, context);
    await addStockLevels(database);
    const raw = await startRawSdk(stack.info(), 5, context);
    const reading = (times: readonly number[]): Reading => ({
      p50: quantile(times, 0.5),
      p99: quantile(times, 0.99),
    });
    const oneByOne = (run: () => Promise<void>) => async () => {
      const times: number[] = [];
      for (let index = 0; index < jobs; index++) {
        const begin = performance.now();
        await run();
        times.push(performance.now() - begin);
      }
      return reading(times);
    };
    return [
      {
        name: 'registration to email',
        measure: async () => {
          const phase = randomUUID();
          for (let index = 0; index < jobs; index++) {
            await register(urls.api, phase, index, signal);
            // Otherwise the password's hash for the next one delays the job of this one.
            if ((await emailTimes(database, phase, signal)).length <= index)
              throw new Error('a registration has no user');
          }
          return reading(await emailTimes(database, phase, signal));
        },
      },
      {
        name: 'bare SDK, one activity',
        note: 'no outbox, email or record of a key',
        measure: oneByOne(() => raw.runItems(1)),
      },
      {
        name: 'bare SDK, one local activity',
        note: 'no task queue between workflow and activity',
        measure: oneByOne(() => raw.runLocalItem()),
      },
    ];
  },
});
