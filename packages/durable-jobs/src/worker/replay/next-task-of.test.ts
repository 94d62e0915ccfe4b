import { expect, it } from 'vitest';
import { getsNextTask, getsNextTaskOf, type OwnVersion } from './next-task-of.ts';

const first = { deploymentName: 'letters', buildId: 'first' };
const current: OwnVersion = { version: first, state: 'current' };
const former: OwnVersion = { version: first, state: 'draining' };

it.each<[string, string | null | undefined, OwnVersion | undefined, boolean]>([
  ['a worker without a version gets runs that are not versioned', undefined, undefined, true],
  ['a worker without a version gets no pinned runs', 'letters:first', undefined, false],
  ['a current or new version gets runs that are not versioned', undefined, current, true],
  ['a current or new version gets runs that move', null, current, true],
  ['a current version gets runs that are pinned to it', 'letters:first', current, true],
  ['a current version gets no runs that are pinned to another one', 'letters:second', current, false],
  ['a former version gets runs that are pinned to it', 'letters:first', former, true],
  ['a former version gets no runs that move: a later version may have advanced them', null, former, false],
  ['a former version gets no runs that are not versioned', undefined, former, false],
])('%s', (_what, pinnedTo, own, gets) => {
  expect(getsNextTaskOf({ pinnedTo }, own)).toBe(gets);
});

const unset = '(TemporalWorkflowVersioningBehavior IS NULL)';
const moving = "(TemporalWorkflowVersioningBehavior IN ('AutoUpgrade', ''))";
const pinnedHere =
  "(TemporalWorkflowVersioningBehavior IN ('Pinned') AND TemporalWorkerDeploymentVersion IN ('letters:first'))";

it.each<[string, OwnVersion | undefined, string]>([
  ['a worker without a version', undefined, `(${unset} OR ${moving})`],
  ['a current or new version', current, `(${unset} OR ${moving} OR ${pinnedHere})`],
  ['a former version', former, `(${pinnedHere})`],
])('%s searches for the runs that it gets', (_what, own, query) => {
  expect(getsNextTask(own).toString()).toBe(query);
});
