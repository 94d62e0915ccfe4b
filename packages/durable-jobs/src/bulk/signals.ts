import { defineSignal } from '@temporalio/workflow';

/** Pauses a bulk job: running batches end, and no other batch begins. */
export const pauseBulkSignal = defineSignal('pauseBulk');

/** Resumes a paused bulk job. */
export const resumeBulkSignal = defineSignal('resumeBulk');

/** Informs a run that may be about to end that there are items to process. */
export const continueBulkSignal = defineSignal('continueBulk');

/** Summary of the durable timer between two rounds over the items, which the Web UI shows. */
export const nextRoundTimer = 'Retry the items that may still succeed';
