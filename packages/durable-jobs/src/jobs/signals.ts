import { defineSignal } from '@temporalio/workflow';

/**
 * Holds back a job that waits for a time, until `resumeJob`. It brings the time at which the job is to begin if it has not begun, as the
 * message itself ends the engine's own delay.
 */
export const pauseJobSignal = defineSignal<[{ startAt?: string }]>('pauseJob');

/** Lets a job continue that was held back. */
export const resumeJobSignal = defineSignal('resumeJob');

/** Moves the time that a job waits for; ISO 8601 UTC. A job that does not wait pays it no heed. */
export const rescheduleJobSignal = defineSignal<[{ at: string }]>('rescheduleJob');
