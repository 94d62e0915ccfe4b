import type { Environment } from './loader.ts';

const variable = 'DURABLE_JOBS_APPLY_SCHEDULES';

/** Variables that make workers apply the declared schedules when they start, unless their code says otherwise. */
export const applyingSchedules: Environment = { [variable]: 'true' };

/** Whether the environment makes a worker apply the declared schedules. */
export function appliesSchedules(env: Environment): boolean {
  return env[variable] === 'true';
}
