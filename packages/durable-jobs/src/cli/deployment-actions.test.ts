import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { listVersions, promote, ramp, retire } from './deployment-actions.ts';
import type { OnDeployment } from './on-deployment.ts';
import { rollBack } from './roll-back.ts';

const { WorkerDeploymentVersionStatus: Status } = proto.temporal.api.enums.v1;
const statuses = {
  inactive: Status.WORKER_DEPLOYMENT_VERSION_STATUS_INACTIVE,
  current: Status.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT,
  ramping: Status.WORKER_DEPLOYMENT_VERSION_STATUS_RAMPING,
  draining: Status.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINING,
  drained: Status.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINED,
};

const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
const err = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
afterEach(() => {
  out.mockClear();
  err.mockClear();
});
const printed = (written: typeof out): string => written.mock.calls.flat().join('');

const noToken = new Uint8Array();
const failure = (code: number, details: string): Error =>
  Object.assign(new Error(details), { code, details });

interface Engine {
  /** The versions, with their states. */
  versions: Record<string, keyof typeof statuses>;
  /** Open jobs that are pinned to each version. */
  pinned?: number;
  /** The workflow ids of open jobs that are not pinned, or what returns them for a query. */
  moving?: readonly string[] | ((query: string) => readonly string[]);
  /** What the engine says when it refuses a change. */
  refuses?: Error;
  /** The percentage of the jobs that go to the ramping version. */
  rampPercent?: number;
  /** The versions in the order in which they first became current or ramping. */
  activated?: readonly string[];
}

/** A deployment `shop` whose workers poll everything, and the ids of the jobs that were pinned. */
function on({ versions, pinned = 0, moving = [], refuses, rampPercent = 0, activated = [] }: Engine): {
  on: OnDeployment;
  pinnedIds: string[];
} {
  const pinnedIds: string[] = [];
  const change = (): Promise<object> => (refuses ? Promise.reject(refuses) : Promise.resolve({}));
  const client = {
    options: { namespace: 'default', identity: 'test' },
    withDeadline: (_deadline: number, call: () => unknown) => call(),
    workflow: {
      count: (query: string) =>
        Promise.resolve({ count: query.includes('"Pinned"') || query.includes("'Pinned'") ? pinned : 0 }),
    },
    workflowService: {
      describeWorkerDeployment: () =>
        Promise.resolve({
          workerDeploymentInfo: {
            versionSummaries: Object.entries(versions).map(([buildId, state]) => ({
              deploymentVersion: { deploymentName: 'shop', buildId },
              status: statuses[state],
              firstActivationTime: { seconds: activated.indexOf(buildId) + 1 },
            })),
            routingConfig: { rampingVersionPercentage: rampPercent },
          },
        }),
      describeWorkerDeploymentVersion: () => Promise.resolve({}),
      listWorkflowExecutions: ({ query }: { query: string }) =>
        Promise.resolve({
          executions: (typeof moving === 'function' ? moving(query) : moving).map((workflowId) => ({
            execution: { workflowId, runId: `run of ${workflowId}` },
            type: { name: 'track' },
          })),
          nextPageToken: noToken,
        }),
      updateWorkflowExecutionOptions: ({
        workflowExecution,
      }: {
        workflowExecution: { workflowId: string };
      }) => {
        pinnedIds.push(workflowExecution.workflowId);
        return Promise.resolve({});
      },
      setWorkerDeploymentCurrentVersion: change,
      setWorkerDeploymentRampingVersion: change,
      deleteWorkerDeploymentVersion: change,
    },
  } as unknown as Client;
  return { on: { client, name: 'shop', queues: [], force: false }, pinnedIds };
}

describe('a ramp', () => {
  it('names the version to which the next command goes back', async () => {
    await ramp(on({ versions: { first: 'current', second: 'inactive' } }).on, 'second', 10);
    expect(printed(out)).toContain('`deployment promote second`; to go back, `deployment rollback first`.');
    expect(printed(out)).not.toContain('workers without a version');
  });

  it('warns, if no version is current, that workers without a version must continue', async () => {
    await ramp(on({ versions: { first: 'inactive' } }).on, 'first', 10);
    expect(printed(out)).toContain('the other jobs stay on workers without a version: keep these running.');
    expect(printed(out)).toContain('to go back, `deployment rollback --unversioned`.');
  });

  it.each([
    ['to the current version', 'first', 10, 'first is the current version: all new jobs start on it.'],
    ['that does not exist', 'second', 0, 'second is not ramping.'],
  ])('%s is refused', async (_what, buildId, percent, message) => {
    const { on: deployment } = on({ versions: { first: 'current', second: 'draining' } });
    await expect(ramp(deployment, buildId, percent)).rejects.toThrow(message);
  });
});

describe('the end of a ramp', () => {
  const isCalled = new Error('must not be called');

  it.each<[string, Engine['versions']]>([
    ['on a version', { first: 'current', second: 'draining' }],
    ['on workers without a version', { second: 'drained' }],
  ])('that was interrupted is completed when it is repeated: other jobs are %s', async (_what, versions) => {
    const search = (): never => {
      throw new Error('no index');
    };
    const engine = { versions, activated: ['first', 'second'], moving: search, refuses: isCalled };
    await expect(ramp(on(engine).on, 'second', 0)).rejects.toThrow('no index');
    expect(printed(out)).toContain('of shop is current already, after second.');
    expect(printed(err)).toContain('Some jobs that second had advanced may not be pinned there.');
  });

  it.each<[string, Engine['versions'], string[]]>([
    ['came before the current one', { first: 'current', second: 'draining' }, ['second', 'first']],
    [
      'ended before the ramp of another one',
      { first: 'current', second: 'draining', third: 'ramping' },
      ['first', 'second', 'third'],
    ],
  ])('is refused if the version %s', async (_what, versions, activated) => {
    const { on: deployment } = on({ versions, activated, refuses: isCalled });
    await expect(ramp(deployment, 'second', 0)).rejects.toThrow('second is not ramping.');
  });
});

describe('jobs that a version has advanced do not move back by', () => {
  it.each<[string, Engine, (on: OnDeployment) => Promise<void>, string]>([
    [
      'a lower percentage',
      { versions: { first: 'current', second: 'ramping' }, rampPercent: 50 },
      (deployment) => ramp(deployment, 'second', 10),
      '50 % of the jobs go to second; with fewer',
    ],
    [
      'a ramp of another version',
      { versions: { first: 'current', second: 'ramping', third: 'inactive' } },
      (deployment) => ramp(deployment, 'third', 10),
      'second is ramping, and would still get jobs: end this with `deployment ramp second 0` first.',
    ],
    [
      'a ramp of a former version',
      { versions: { first: 'draining', second: 'current' }, activated: ['first', 'second'] },
      (deployment) => ramp(deployment, 'first', 10),
      'second came after first',
    ],
    [
      'the promotion of a former version',
      { versions: { first: 'drained', second: 'current' }, activated: ['first', 'second'] },
      (deployment) => promote(deployment, 'first'),
      '`deployment rollback first` lets these finish on second; with --follow, they move back too.',
    ],
  ])('%s', async (_what, engine, act, message) => {
    await expect(act(on({ ...engine, refuses: new Error('must not be called') }).on)).rejects.toThrow(
      message,
    );
  });

  it('and a version does not become current while another one still gets jobs', async () => {
    const versions = { first: 'current', second: 'ramping', third: 'inactive' } as const;
    await expect(promote(on({ versions }).on, 'third')).rejects.toThrow('second is ramping');
    await expect(promote(on({ versions }).on, 'first')).rejects.toThrow('second is ramping');
  });

  it('and a version whose rollback was undone, or whose ramp grows, is accepted', async () => {
    const activated = ['first', 'second'];
    await promote(on({ versions: { first: 'current', second: 'draining' }, activated }).on, 'second');
    const ramping = {
      versions: { first: 'current', second: 'ramping' } as const,
      rampPercent: 10,
      activated,
    };
    await ramp(on(ramping).on, 'second', 50);
    expect(printed(out)).toContain('50 % of the new jobs');
    await promote(on(ramping).on, 'second');
  });
});

describe('a version is not retired', () => {
  it.each<[string, Engine, string]>([
    ['that is current', { versions: { first: 'current' } }, 'first is current: new jobs start on it.'],
    ['that is ramping', { versions: { first: 'ramping' } }, 'first is ramping: new jobs start on it.'],
    [
      'to which jobs are pinned',
      { versions: { first: 'drained', second: 'current' }, pinned: 3 },
      'Open jobs are pinned to first (3): wait until they have ended, or move them with `deployment move --from first --to second`.',
    ],
    [
      'to which jobs are pinned, without another one',
      { versions: { first: 'drained' }, pinned: 3 },
      'Open jobs are pinned to first (3): wait until they have ended.',
    ],
    ['that is draining', { versions: { first: 'draining' } }, 'but the engine still shows it as draining'],
    [
      'whose workers still poll',
      { versions: { first: 'drained' }, refuses: failure(9, 'version has active pollers') },
      'The workers of first still poll, or did so within the last five minutes',
    ],
    [
      'if the engine refuses it',
      { versions: { first: 'drained' }, refuses: failure(9, 'it is in use.') },
      'first cannot be retired: it is in use.',
    ],
    ['that does not exist', { versions: { second: 'current' } }, 'shop has no version first'],
  ])('%s', async (_what, engine, message) => {
    await expect(retire(on(engine).on, 'first', { countAgainMs: 1 })).rejects.toThrow(message);
  });

  it('twice: an attempt whose response was lost has deleted it', async () => {
    const { on: deployment } = on({ versions: { first: 'drained' }, refuses: failure(5, 'not found') });
    await retire(deployment, 'first', { countAgainMs: 1 });
    expect(printed(out)).toBe('first of shop is retired.\n');
  });

  it('to which a job is moved that the index of runs shows a moment later', async () => {
    const { on: deployment } = on({
      versions: { first: 'drained' },
      refuses: new Error('must not be called'),
    });
    let counts = 0;
    // Two counts for each look at the version.
    deployment.client.workflow.count = () => Promise.resolve({ count: counts++ < 2 ? 0 : 1, groups: [] });
    await expect(retire(deployment, 'first', { countAgainMs: 1 })).rejects.toThrow(
      'Open jobs are pinned to first (1)',
    );
  });
});

describe('a rollback', () => {
  const versions = { first: 'draining', second: 'current' } as const;
  const moving = ['track:1', 'track:2'];

  it('that the engine refuses midway says how many jobs it has pinned, and how to release them', async () => {
    const refuses = failure(9, 'the version lacks a task queue.');
    const { on: deployment, pinnedIds } = on({ versions, moving, refuses });
    await expect(rollBack(deployment, 'first', { follow: false })).rejects.toThrow(
      'The engine refused: the version lacks a task queue. Start workers of first',
    );
    expect(pinnedIds).toEqual(moving);
    expect(printed(err)).toBe(
      'Jobs that are pinned to second nevertheless: 2. `deployment move --from second --unpin` releases them.\n',
    );
  });

  it('under load does not wait for a moment at which no job starts', async () => {
    let started = 0;
    const load = (): string[] => [`track:${++started}`];
    const refuses = failure(9, 'stop here');
    const { on: deployment, pinnedIds } = on({ versions, moving: load, refuses });
    await expect(rollBack(deployment, 'first', { follow: false })).rejects.toThrow('stop here');
    expect(pinnedIds).toEqual(['track:1', 'track:2', 'track:3']);
  });

  it('that jobs follow pins none', async () => {
    const { on: deployment, pinnedIds } = on({ versions, moving });
    await rollBack(deployment, 'first', { follow: true });
    expect(pinnedIds).toEqual([]);
    expect(printed(out)).toContain('first is the current version of shop again, instead of second.');
    expect(printed(out)).not.toContain('pinned there');
  });

  it.each([
    ['a version', 'first'],
    ['workers without a version', undefined],
  ])('to %s keeps jobs of every later version there', async (_what, buildId) => {
    const { on: deployment, pinnedIds } = on({
      versions: { first: 'draining', second: 'drained', third: 'draining', fourth: 'current' },
      activated: ['first', 'second', 'third', 'fourth'],
      moving: (query) => [/shop:(\w+)/.exec(query)?.[1] ?? ''],
      refuses: failure(9, 'stop here'),
    });
    await expect(rollBack(deployment, buildId, { follow: false })).rejects.toThrow('stop here');
    const later = ['second', 'third', 'fourth'];
    expect(pinnedIds.toSorted()).toEqual([...later, ...(buildId === undefined ? ['first'] : [])].toSorted());
  });

  it('that was interrupted after the change is completed when it is repeated', async () => {
    const { on: deployment, pinnedIds } = on({
      versions: { zeroth: 'drained', first: 'current', second: 'draining' },
      activated: ['zeroth', 'first', 'second'],
      moving,
      refuses: new Error('must not be called'),
    });
    await rollBack(deployment, 'first', { follow: false, underWayMs: 1 });
    expect(pinnedIds).toEqual(moving);
    expect(printed(out)).toContain('first of shop is current already, after second.\n');
    expect(printed(out)).toContain('Jobs that second had advanced and that are now pinned there: 2.');
  });

  it('that fails after the change says that it is to be repeated', async () => {
    const { on: deployment } = on({ versions, moving: [] });
    let searches = 0;
    const search = deployment.client.workflowService.listWorkflowExecutions.bind(
      deployment.client.workflowService,
    );
    deployment.client.workflowService.listWorkflowExecutions = ((request: object) =>
      searches++ === 0 ? search(request) : Promise.reject(new Error('no index'))) as typeof search;
    await expect(rollBack(deployment, 'first', { follow: false })).rejects.toThrow('no index');
    expect(printed(err)).toContain('Run `deployment rollback first` again.');
  });

  it('from nothing changes nothing', async () => {
    await rollBack(on({ versions: { first: 'current' }, refuses: failure(9, '') }).on, 'first', {
      follow: false,
    });
    expect(printed(out)).toContain('there is nothing to go back from');
  });
});

it('the list names what to do next with each version', async () => {
  await listVersions(on({ versions: { first: 'inactive', second: 'drained' } }).on);
  expect(printed(out)).toContain(
    'Next: `deployment promote first`, or `deployment ramp first 10` for 10 % of the jobs.',
  );
  expect(printed(out)).toContain('Next: stop the workers of second, then `deployment retire second`.');
  expect(printed(out)).toContain('No version is current: jobs run on workers without a version.\n');
  expect(printed(out)).not.toContain('<');
});
