import type { z } from 'zod';
import { workflowUrl } from '../engine/web-ui.ts';
import { exampleIds, exampleOf, exampleUi } from '../http/openapi/examples.ts';
import { keyOf } from './job-definition.ts';
import { kebabCase } from './kebab-case.ts';
import type { jobJson } from './job-json.ts';
import type { JobRegistry } from './registry.ts';

/** The job that the examples of the API document are about. */
export interface ExampleJob {
  id: string;
  type: string;
  businessKey: string;
  taskQueue: string;
  /** Absent where the schema of its input has no example, and requires fields. */
  input?: object;
}

/** Of an application without jobs, or without examples. */
const NEUTRAL = { type: 'sendReminder', key: '4711', taskQueue: 'jobs' };

/**
 * Returns the first job of an application whose input has an example (`.meta({ examples: [...] })` of its schema), otherwise the
 * first job. `startable` looks only at jobs that callers may start.
 */
export function exampleJob(jobs: JobRegistry, { startable = false } = {}): ExampleJob {
  const found = jobs.all
    .filter(({ schedulable }) => !startable || schedulable)
    .map((job) => ({ job, input: exampleOf(job.input) }));
  const { job, input } = found.find((one) => one.input !== undefined) ?? found[0] ?? {};
  const type = job?.type ?? NEUTRAL.type;
  const parsed = job?.input.safeParse(input ?? {});
  const businessKey = job && parsed?.success ? keyOf(job, parsed.data) : NEUTRAL.key;
  return {
    id: `${kebabCase(type)}:${businessKey}`,
    type,
    businessKey,
    taskQueue: job?.taskQueue ?? NEUTRAL.taskQueue,
    ...(parsed?.success && { input: input ?? {} }),
  };
}

/** Returns the example job as the API shows it while it is running. */
export function exampleView({ id, type, businessKey }: ExampleJob): z.output<typeof jobJson> {
  return {
    id,
    runId: exampleIds.run,
    type,
    businessKey,
    status: 'running',
    createdAt: '2026-03-02T09:16:00.050Z',
    closedAt: null,
    cancelRequestedAt: null,
    priority: 3,
    fairness: null,
    attempts: [],
    plannedAttempts: [],
    deadline: null,
    progress: null,
    result: null,
    failure: null,
    links: {
      self: `/api/jobs/${id}`,
      ui: workflowUrl(exampleUi, id, exampleIds.run),
      retryOf: null,
      retriedBy: null,
      waitsFor: null,
      replacedBy: null,
    },
    starts: [],
  };
}
