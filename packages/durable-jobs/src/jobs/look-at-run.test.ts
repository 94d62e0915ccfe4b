import type { Client } from '@temporalio/client';
import { expect, it, vi } from 'vitest';
import { processBulk } from '../bulk/process-bulk.ts';
import { lookAtRun } from './look-at-run.ts';
import { createJobRegistry } from './registry.ts';

/** A history of so many events, whose last one started a timer if there is one. */
const eventsOf = (length: number, timer: boolean): object[] =>
  Array.from({ length }, (_, index) =>
    timer && index === length - 1 ? { eventId: length, timerStartedEventAttributes: { timerId: '1' } } : {},
  );

it('reads a history again that had more events than its description, although a later one has as many', async () => {
  let history = { described: 6, events: eventsOf(8, false) };
  const fetchHistory = vi.fn(() => Promise.resolve({ events: history.events }));
  const describe = () =>
    Promise.resolve({
      workflowId: 'process-bulk:1',
      runId: 'run-with-more-events',
      type: processBulk.type,
      status: { name: 'RUNNING' },
      historyLength: history.described,
      executionTime: new Date(0),
      raw: {},
    });
  const client = { workflow: { getHandle: () => ({ describe, fetchHistory }) } } as unknown as Client;
  const jobs = createJobRegistry([processBulk]);
  const look = () => lookAtRun({ client, jobs }, 'process-bulk:1', 'run-with-more-events');

  // Such as those of a workflow task that fails, which the engine shows and does not store.
  expect(await look()).toMatchObject({ status: 'running' });
  history = { described: 8, events: eventsOf(8, true) };
  expect(await look()).toMatchObject({ status: 'waiting' });
  expect(await look()).toMatchObject({ status: 'waiting' });
  expect(fetchHistory).toHaveBeenCalledTimes(2);
});
