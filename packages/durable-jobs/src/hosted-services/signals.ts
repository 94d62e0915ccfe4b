import { defineSignal } from '@temporalio/workflow';

/** Pauses a hosted service: its work in progress ends, and it is not started again. */
export const pauseServiceSignal = defineSignal('pauseService');

/** Resumes a paused service. */
export const resumeServiceSignal = defineSignal('resumeService');

/** Begins a new run of a hosted service, paused if it is paused, so that the key that encrypted the old run is no longer needed for it. */
export const renewServiceSignal = defineSignal('renewService');

/** Sets the workflow's current details, which the Web UI shows. The text is kept in the history. */
export const describeServiceSignal = defineSignal<[{ text: string }]>('describeService');
