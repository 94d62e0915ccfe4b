import { z } from 'zod';
import { requeueWorkItems } from './rows.ts';
import { defineBulkTask } from '../bulk/define-task.ts';

/** Makes dead work items due again. An item that is no longer dead, or does not exist, is left unchanged and reported. */
export const requeueWork = defineBulkTask({
  name: 'requeue-work-items',
  description: 'Requeues dead items of the work queue.',
  item: z.strictObject({ workItemId: z.uuid() }),
  chunkSize: 500,
  window: 2,
  async apply(trx, items) {
    const requeued = await requeueWorkItems(
      trx,
      items.map(({ item }) => item.workItemId),
    );
    const done = new Set(requeued.map(({ id }) => id));
    return items
      .filter(({ item }) => !done.has(item.workItemId))
      .map(({ position }) => ({
        position,
        code: 'not_dead',
        message: 'The work item does not exist or is not dead.',
        retryable: false,
      }));
  },
});
