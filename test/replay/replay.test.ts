import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { describe, expect, inject, it } from 'vitest';
import { replayEncryption } from '../../packages/durable-jobs/src/encryption/payload-encryption.ts';
import { replayHistories } from '../../packages/durable-jobs/src/testing/replay/replay-histories.ts';
import { parseKeyRing } from '../../packages/durable-jobs/src/values/key-ring.ts';
import * as exported from '../../workflows/index.ts';
import { branches, notRecorded } from './branches.ts';
import { codeNotRun } from './code-not-run.ts';
import { recordedKeys, recordedNamespaces } from './encrypted.ts';
import { historiesFolder } from '../support/record-history.ts';

Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined) });

const files = readdirSync(historiesFolder).filter((file) => file.endsWith('.json'));
const plain = files
  .filter((file) => !(file in recordedNamespaces))
  .toSorted()
  .map((file) => new URL(file, historiesFolder));
const workflows = { codePath: inject('workflowBundlePath') };

describe('the histories of released workflows', () => {
  it('are those of the branches of every workflow', () => {
    const names = Object.values(exported).map(({ name }) => name);
    expect(Object.keys(branches).toSorted()).toEqual(names.toSorted());
    const listed = Object.entries(branches).flatMap(([type, ofType]) =>
      Object.keys(ofType).map((branch) => `${type}.${branch}`),
    );
    const recorded = new Set(files.map((file) => file.split('.').slice(0, 2).join('.')));
    expect([...recorded].toSorted()).toEqual(listed.toSorted());
  });

  it('are recorded by tests that exist', () => {
    const folder = new URL('../workflows/', import.meta.url);
    const sources = readdirSync(folder).map((file) => readFileSync(new URL(file, folder), 'utf8'));
    const isTitle = (test: string) =>
      sources.some(
        (source) =>
          [`'${test}'`, `"${test}"`].some((title) => source.includes(title)) ||
          // `it.each` puts what it is given into such a title.
          [...source.matchAll(/'([^'\n]+)%s([^'\n]*)'/g)].some(
            ([, head = '', tail = '']) => test.startsWith(head) && test.endsWith(tail),
          ),
      );
    const tests = Object.values(branches).flatMap((ofType) =>
      Object.values(ofType).flatMap((branch) => (typeof branch === 'object' ? [branch.test] : [])),
    );
    expect(tests.filter((test) => !isTitle(test))).toEqual([]);
  });

  it('replay', async () => {
    const replayed = await replayHistories({ workflows, histories: plain });
    expect(replayed.map(({ name, failure }) => ({ name, failure }))).toEqual(
      plain.map((file) => ({ name: basename(file.pathname), failure: null })),
    );
  });

  it('run all code of the workflows but what the list says', async () => {
    const notRun = await codeNotRun(workflows.codePath, plain);
    const listed = Object.keys(notRecorded);
    const unlisted = notRun.filter(
      ({ file, line }) => !listed.includes(file) && !listed.includes(`${file}: ${line}`),
    );
    expect(unlisted).toEqual([]);
    const stale = listed.filter(
      (entry) => !notRun.some(({ file, line }) => entry === file || entry === `${file}: ${line}`),
    );
    expect(stale).toEqual([]);
  });
});

it.each(Object.entries(recordedNamespaces))('an encrypted history replays: %s', async (name, namespace) => {
  const [replayed] = await replayHistories({
    workflows: { codePath: workflows.codePath.replace(/\.js$/, '.encrypted.js') },
    histories: new URL(name, historiesFolder),
    encryption: replayEncryption(
      { PAYLOAD_KEYS: parseKeyRing(recordedKeys), PAYLOAD_ENCRYPTION: 'bound' },
      undefined,
    ),
    namespace,
  });
  expect(replayed).toMatchObject({ name, failure: null });
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
