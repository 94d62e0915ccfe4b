import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { beforeAll, describe, expect, it } from 'vitest';
import { jobs } from '../../contracts/catalogue.ts';
import { bundleOptions } from '../../packages/durable-jobs/src/worker/workflow-code.ts';
import { workflowFiles } from '../../worker/bundle.ts';
import { jobSinks } from '../../packages/durable-jobs/src/worker/job-sinks.ts';
import { historiesFolder } from '../support/record-history.ts';

const logger = new DefaultLogger('ERROR');
Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined) });

const files = readdirSync(historiesFolder).filter((file) => file.endsWith('.json'));
const bundle = (workflows: URL | string = workflowFiles.workflows) =>
  bundleWorkflowCode({ ...bundleOptions(workflows), logger });

/** Replays a recorded history on a bundle; rejects where the workflow would now do something else. */
function replay(workflowBundle: { code: string }, file: string): Promise<void> {
  const json: unknown = JSON.parse(readFileSync(new URL(file, historiesFolder), 'utf8'));
  return Worker.runReplayHistory({ workflowBundle, sinks: jobSinks }, historyFromJSON(json));
}

describe('the histories of released workflows', () => {
  let released: { code: string };
  beforeAll(async () => {
    released = await bundle();
  });

  it('are there for every workflow', () => {
    const recorded = new Set(files.map((file) => file.split('.')[0]));
    expect([...recorded].toSorted()).toEqual(jobs.types.toSorted());
  });

  it.each(files)('%s replays', async (file) => {
    await replay(released, file);
  });
});

describe('a workflow that was changed without a patch', () => {
  let broken: { code: string };
  beforeAll(async () => {
    broken = await bundle(fileURLToPath(new URL('./broken-workflows.ts', import.meta.url)));
  });

  it.each(files.filter((file) => file.startsWith('processOrder.')))('does not replay %s', async (file) => {
    await expect(replay(broken, file)).rejects.toBeInstanceOf(DeterminismViolationError);
  });
});
