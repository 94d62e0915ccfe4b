import { expect, it } from 'vitest';
import { noteMount } from '../../http/mount.ts';
import type { JobSources } from '../job-view.ts';
import { explainDeclaredWait } from './explain-wait.ts';

const waiting = {
  description: { workflowId: 'process-order:4711' },
  job: {
    type: 'processOrder',
    waits: {
      card: {
        code: 'waiting_for_card',
        sentence: (until: string) => `It waits until ${until}.`,
        actions: (key: string) => [
          { does: 'Takes a new card.', method: 'PUT', path: `/api/orders/${key}/card` },
          { does: 'Ask the customer.' },
        ],
      },
    },
  },
  summary: { timers: [{ ended: false, summary: 'card', firesAt: new Date('2026-03-02T10:00:00Z') }] },
} as unknown as JobSources;

it('links the actions of a declared wait below the path that the routes are mounted under', () => {
  let actions: unknown;
  const look = (): void => {
    actions = explainDeclaredWait(waiting)?.actions;
  };
  Reflect.apply(noteMount('/team'), undefined, [{ baseUrl: '/ops' }, {}, look]);
  expect(actions).toEqual([
    { does: 'Takes a new card.', method: 'PUT', path: '/team/ops/api/orders/4711/card' },
    { does: 'Ask the customer.' },
    { does: 'Cancels it.', method: 'DELETE', path: '/team/ops/api/jobs/process-order:4711' },
  ]);
});
