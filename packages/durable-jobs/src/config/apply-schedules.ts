import type { Environment } from './environment.ts';

/** Variables that make workers apply the declared schedules when they start, unless their code says otherwise. */
export const applyingSchedules: Environment = { DURABLE_JOBS_APPLY_SCHEDULES: 'true' };
