import { describe, expect, it } from 'vitest';
import { defineService } from './define-service.ts';
import { createServiceRegistry, runnableServices } from './service-registry.ts';
import { serviceJsonOf } from './service-json.ts';

const own = ['outbox-relay', 'continuations', 'pending-emails', 'work-queue', 'message-publisher'];
const reminders = defineService({
  id: 'reminders',
  description: 'Sends reminders.',
  channel: 'reminders',
});
const run = () => Promise.resolve();

describe("an application's services", () => {
  it("come after the library's own", () => {
    const services = createServiceRegistry([reminders]);
    expect(services.ids).toEqual([...own, 'reminders']);
    expect(services.find('reminders')).toBe(reminders);
    expect(services.find('other')).toBeUndefined();
    expect(createServiceRegistry().ids).toEqual(own);
  });

  it('have code in a worker', () => {
    const services = createServiceRegistry([reminders]);
    const coded = services.with([
      ...own.map((id) => ({ id, description: '', channel: id, run })),
      { ...reminders, run },
    ]);
    expect(runnableServices(coded).map(({ id }) => id)).toEqual(services.ids);
    expect(() => runnableServices(services)).toThrow('The service outbox-relay has no code to run.');
  });

  it('are refused if they contradict one another', () => {
    expect(() => createServiceRegistry([reminders, reminders])).toThrow('reminders is defined twice');
    expect(() => createServiceRegistry([{ ...reminders, id: 'work-queue' }])).toThrow(
      'work-queue is defined',
    );
    expect(() => createServiceRegistry([{ ...reminders, id: 'Reminders' }])).toThrow('must be 1 to 40');
    expect(() => createServiceRegistry().with([reminders])).toThrow('reminders is not declared');
  });

  it('match the API description', () => {
    const id = serviceJsonOf(createServiceRegistry([reminders])).safeParse({ id: 'other' }).error?.issues[0];
    expect(id).toMatchObject({ path: ['id'], values: [...own, 'reminders'] });
  });
});
