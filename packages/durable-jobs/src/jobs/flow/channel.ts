/** The PostgreSQL channel that wakes the service that watches for ends of jobs. */
export const jobEndsChannel = 'job_ends';
