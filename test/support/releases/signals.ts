import { defineSignal } from '@temporalio/workflow';

/** Lets a workflow take its last step. */
export const releaseSignal = defineSignal('release');

/** Lets a workflow take its next step. */
export const continueSignal = defineSignal('continue');
