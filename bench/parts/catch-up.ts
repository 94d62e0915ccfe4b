import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '../connect.ts';
import { quantile } from '../figures.ts';
import { addPile, addUsers, emailTimes, newWork, startRaw, untilStarted } from '../overdue.ts';
import { definePart } from '../part.ts';

/** Missed starts that are made beside new work. */
export const catchUp = definePart({
  name: 'catch-up',
  title: 'Catching up after an outage',
  about:
    "Starts of jobs that are overdue, like those after an outage of the engine, are made while two users register per second. The reference is the engine's client alone, " +
    'which starts as many of the same job, 32 at once.',
  sizes: { starts: 500, seconds: 25 },
  figures: [
    { key: 'startedPerSecond', label: 'started per second', better: 'more', digits: 1 },
    { key: 'newWorkP50', label: 'email of new work: p50, ms', better: 'less' },
    { key: 'newWorkP95', label: 'email of new work: p95, ms', better: 'less' },
  ],
  reference: 'bare client',
  warmUp: false,
  async open({ starts, seconds }, context) {
    const { signal } = context;
    const stack = await context.startStack({
      env: { OUTBOX_STARTS_PER_SECOND: '1000', PUBLIC_RATE_LIMIT_PER_MINUTE: '1000000' },
    });
    const { urls } = stack.info();
    const database = await connect(urls.database, context);
    await newWork(urls.api, 'warm', 10_000, signal);
    /** Measures new work for as long as the starts take, and at least for the given time. Returns once every email was sent. */
    const beside = async (start: (name: string) => Promise<number>) => {
      const phase = randomUUID();
      const name = randomUUID();
      const [startedPerSecond] = await Promise.all([
        start(name),
        newWork(urls.api, phase, seconds * 1_000, signal),
      ]);
      const times = await emailTimes(database, phase, signal);
      await emailTimes(database, 'pile', signal);
      return {
        ...(startedPerSecond > 0 && { startedPerSecond }),
        newWorkP50: quantile(times, 0.5),
        newWorkP95: quantile(times, 0.95),
      };
    };
    return [
      {
        name: 'relay',
        measure: () =>
          beside(async (name) => {
            const userIds = await addUsers(database, name, starts);
            const begin = performance.now();
            await untilStarted(database, await addPile(database, userIds), signal);
            return (starts * 1_000) / (performance.now() - begin);
          }),
      },
      {
        name: 'bare client',
        note: 'no outbox: nothing is recorded',
        measure: () =>
          beside(async (name) => startRaw(urls.temporalAddress, await addUsers(database, name, starts))),
      },
      {
        name: 'new work alone',
        measure: () =>
          beside(async () => {
            await delay(seconds * 1_000, undefined, { signal });
            return 0;
          }),
      },
    ];
  },
});
