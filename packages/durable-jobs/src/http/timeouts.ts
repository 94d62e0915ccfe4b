/** Time limit of calls to the engine while a caller waits; after it, the engine counts as unavailable. */
export const callTimeoutMs = 5_000;

/**
 * Time limit of calls about schedules. The engine reads a schedule through a worker of its own: if the one that has it cached does not
 * respond, the engine waits 5 s (the schedule-to-start timeout of a sticky task queue) before it asks another one.
 */
export const scheduleCallTimeoutMs = 10_000;

/** Time limit of lists of jobs, which may read the ends of many histories for one page. */
export const listTimeoutMs = 15_000;
