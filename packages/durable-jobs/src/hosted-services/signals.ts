import { defineSignal } from '@temporalio/workflow';

/** Holds a hosted service back: what it has in progress ends, and it is not started again. */
export const pauseServiceSignal = defineSignal('pauseService');

/** Lets a paused service go on. */
export const resumeServiceSignal = defineSignal('resumeService');

/** Begins a new run of a hosted service, paused as it is: what encrypted the old one is needed no more for it. */
export const renewServiceSignal = defineSignal('renewService');

/** Tells people what a service does, by its workflow's current details. The text is kept in the history. */
export const describeServiceSignal = defineSignal<[{ text: string }]>('describeService');
