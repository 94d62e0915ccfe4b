import { defineSignal } from '@temporalio/workflow';

/** Holds a bulk job back: batches that are under way end, and no other begins. */
export const pauseBulkSignal = defineSignal('pauseBulk');

/** Lets a paused bulk job go on. */
export const resumeBulkSignal = defineSignal('resumeBulk');

/** Tells a run that may just be ending that there are items to process. */
export const continueBulkSignal = defineSignal('continueBulk');

/** Summary of the durable timer between two rounds over the items, which the Web UI shows. */
export const nextRoundTimer = 'Try the items again that may yet succeed';
