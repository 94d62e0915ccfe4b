import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createServiceRegistry } from '../hosted-services/service-registry.ts';
import { defineMessageConsumer, messageChannel } from '../messages/define-consumer.ts';
import { defineWorkItem } from '../work-queue/define-work-item.ts';
import { cleanUp } from '../upkeep/clean-up.ts';
import { createWorkKinds } from '../work-queue/work-kinds.ts';
import { createHostedServices, type HostedApplication, type HostedServiceDeps } from './hosted-services.ts';

const reminders = { id: 'reminders', description: 'Sends reminders.', channel: 'reminders' };
const returns = { id: 'return-consumer', description: 'Takes returns.', channel: messageChannel };
const consumer = defineMessageConsumer({
  ...returns,
  queue: 'returns',
  body: z.strictObject({}),
  handle: () => Promise.resolve([]),
});
const run = () => Promise.resolve();

/** Nothing of it is called before a service runs. */
const deps = { settings: {} } as HostedServiceDeps;
const hosted = (change: Partial<HostedApplication>) =>
  createHostedServices(
    {
      services: createServiceRegistry([returns]),
      consumers: [consumer],
      queues: { returns: '/queues/returns' },
      workKinds: createWorkKinds([]),
      ...change,
    } as HostedApplication,
    deps,
  );

describe("an application's hosted services", () => {
  it("are the library's, its own and its consumers, each with what runs it", () => {
    const services = createServiceRegistry([reminders, returns]).with([{ ...reminders, run }]);
    expect(hosted({ services }).map(({ id, channel }) => [id, channel])).toEqual([
      ['outbox-relay', 'outbox'],
      ['continuations', 'job_ends'],
      ['pending-emails', 'pending_emails'],
      ['work-queue', 'work_items'],
      ['message-publisher', 'outgoing_messages'],
      ['reminders', 'reminders'],
      ['return-consumer', 'queued_messages'],
    ]);
  });

  it('run consumers on every worker, unless one says otherwise', () => {
    const last = (change: Partial<HostedApplication>) => hosted(change).at(-1);
    expect(last({})).toMatchObject({ id: 'return-consumer', onEveryWorker: true });
    expect(last({ consumers: [{ ...consumer, onEveryWorker: false }] })).toMatchObject({
      id: 'return-consumer',
      onEveryWorker: false,
    });
  });

  it("are joined by the library's clean-up if an application declares it", () => {
    const services = createServiceRegistry([cleanUp, returns]);
    expect(hosted({ services }).map(({ id }) => id)).toContain('clean-up');
  });

  it('are refused if a declared one has no code, or one with code is not declared', () => {
    expect(() => hosted({ consumers: [] })).toThrow('The service return-consumer has no code to run.');
    expect(() => hosted({ services: createServiceRegistry() })).toThrow('return-consumer is not declared');
  });

  it('are refused if a kind of work has no handler', () => {
    const ping = defineWorkItem({
      kind: 'ping',
      description: 'Calls a service.',
      payload: z.strictObject({}),
      policy: {
        maximumAttempts: 1,
        initialIntervalMs: 1,
        backoffCoefficient: 1,
        maximumIntervalMs: 1,
        timeoutMs: 1,
      },
    });
    expect(() => hosted({ workKinds: createWorkKinds([ping]) })).toThrow('ping has no code to run');
  });
});
