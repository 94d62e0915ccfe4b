/** For a caller who waits, an engine that takes longer is unavailable. */
export const callTimeoutMs = 5_000;

/**
 * The same for schedules. The engine reads one by asking its own worker: if the one that has it at hand does not respond, it waits 5 s (the
 * schedule-to-start timeout of a sticky task queue) before it asks any.
 */
export const scheduleCallTimeoutMs = 10_000;

/** The same for lists of jobs, which may read the ends of many histories for one page. */
export const listTimeoutMs = 15_000;
