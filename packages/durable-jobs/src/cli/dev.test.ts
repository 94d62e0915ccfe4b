import { expect, it } from 'vitest';
import { checkConfig } from './dev.ts';

it('checks the variables of the API and the worker before anything starts, except the names of task queues', () => {
  const env = {
    NODE_ENV: 'development',
    DATABASE_URL: 'postgres://db/jobs',
    SMTP_URL: 'smtp://127.0.0.1',
    WORKER_TASK_QUEUES: 'my-own',
  };
  expect(() => checkConfig(env)).not.toThrow();
  expect(() => checkConfig({ ...env, WORKER_SHUTDOWN_GRACE: 'soon', API_KEY: 'short' })).toThrow(
    /API_KEY: .*\n.*WORKER_SHUTDOWN_GRACE: /,
  );
});
