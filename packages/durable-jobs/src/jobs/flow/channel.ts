/** The PostgreSQL channel that wakes what watches for ends of jobs. */
export const jobEndsChannel = 'job_ends';
