import { readdirSync } from 'node:fs';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import { jobs } from '../../contracts/catalogue.ts';
import { replayHistories } from '../../packages/durable-jobs/src/testing/replay/replay-histories.ts';
import { workflowFiles } from '../../worker/bundle.ts';
import { historiesFolder } from '../support/record-history.ts';

Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined) });

const files = readdirSync(historiesFolder).filter((file) => file.endsWith('.json'));
const { workflows } = workflowFiles;

describe('the histories of released workflows', () => {
  it('exist for every workflow', () => {
    const recorded = new Set(files.map((file) => file.split('.')[0]));
    expect([...recorded].toSorted()).toEqual(jobs.types.toSorted());
  });

  it('replay', async () => {
    const replayed = await replayHistories({ workflows, histories: historiesFolder });
    expect(replayed.map(({ name, failure }) => ({ name, failure }))).toEqual(
      files.toSorted().map((name) => ({ name, failure: null })),
    );
  });
});

it('a workflow that was changed without a patch does not replay, and one that loops endlessly is interrupted', async () => {
  const changed = files.filter((file) => file.startsWith('processOrder.'));
  const looping = 'deleteExpired.completed.0.1.0.json';
  const replayed = await replayHistories({
    workflows: new URL('./broken-workflows.ts', import.meta.url),
    histories: [looping, ...changed].map((file) => new URL(file, historiesFolder)),
  });
  const [interrupted, ...others] = replayed;
  expect(interrupted).toMatchObject({ type: 'deleteExpired', failure: { kind: 'failed' } });
  expect(interrupted?.failure?.message).toContain('it may loop endlessly');
  expect(others).toHaveLength(changed.length);
  for (const { type, failure } of others) {
    expect({ type, failure }).toMatchObject({ type: 'processOrder', failure: { kind: 'nondeterministic' } });
  }
});
