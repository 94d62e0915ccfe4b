import { defineSignal } from '@temporalio/workflow';

/**
 * Pauses a job that waits for a time, until `resumeJob`. It contains the planned start if the job has not begun, because the message itself
 * ends the engine's delay.
 */
export const pauseJobSignal = defineSignal<[{ startAt?: string }]>('pauseJob');

/** Resumes a paused job. */
export const resumeJobSignal = defineSignal('resumeJob');

/** Moves the time that a job waits for; ISO 8601 UTC. A job that is not waiting ignores it. */
export const rescheduleJobSignal = defineSignal<[{ at: string }]>('rescheduleJob');
