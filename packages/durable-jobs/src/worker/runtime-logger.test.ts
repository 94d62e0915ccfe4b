import { expect, it } from 'vitest';
import { collectingLogger, type LogLine } from '../testing/log-lines.ts';
import { runtimeLogging } from './runtime-logger.ts';

it('shows what the SDK says of jobs, and what its workers report of themselves at the level debug only', () => {
  const lines: LogLine[] = [];
  const { logger } = runtimeLogging(collectingLogger(lines), () => true);
  logger.info('Worker state changed', { sdkComponent: 'worker', state: 'RUNNING' });
  logger.warn('Activity failed', { sdkComponent: 'worker', workflowId: 'remind:1' });
  logger.warn('Failing workflow task', { sdkComponent: 'worker', workflowId: 'remind:1' });
  logger.error('Worker failed', { sdkComponent: 'worker' });
  logger.info('the job has started', { sdkComponent: 'workflow', workflowType: 'remind', taskToken: 'x' });
  logger.warn('Activity failed', { sdkComponent: 'activity' });
  expect(lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
    'debug Worker state changed',
    'debug Activity failed',
    'warn Failing workflow task',
    'error Worker failed',
    'info the job has started',
    'warn Activity failed',
  ]);
  expect(lines[1]?.fields).toMatchObject({ jobId: 'remind:1' });
  expect(lines[4]?.fields).toEqual({ sdkComponent: 'workflow', jobType: 'remind' });
});

it('leaves it to our own lines to name the jobs that do not replay before a worker polls', () => {
  const lines: LogLine[] = [];
  const { logger } = runtimeLogging(collectingLogger(lines), () => false);
  logger.warn('Failing workflow task', { sdkComponent: 'core' });
  logger.error('Failed to process Workflow Activation', { sdkComponent: 'worker' });
  logger.error('Webpack errored', { sdkComponent: 'worker' });
  expect(lines.map(({ level }) => level)).toEqual(['debug', 'debug', 'error']);
});
