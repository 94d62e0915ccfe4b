import { InvalidArgumentError, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { auditCommand } from '../access/command-audit.ts';
import { loadDeploymentConfig } from '../config/config.ts';
import { createTemporalClient } from '../engine/client.ts';
import { taskQueueNames, type TaskQueues } from '../engine/declared-queues.ts';
import { callForCommand } from '../engine/command-call.ts';
import { deploymentNames } from '../engine/deployments.ts';
import { createCommand, oneLine, printError, RefusedError } from '../process/command.ts';
import { errorMessage } from '../process/errors.ts';
import { UsageError } from '../process/usage-error.ts';
import { listVersions, promote, ramp, retire } from './deployment-actions.ts';
import { moveJobs, unpinJobs } from './move-jobs.ts';
import type { OnDeployment } from './on-deployment.ts';
import { requireEngine } from './reach.ts';
import { rollBack } from './roll-back.ts';

/** Where the command gets the application's task queues, which all versions must serve. */
export type ReadTaskQueues = () => TaskQueues | Promise<TaskQueues>;

interface GivenOptions {
  deployment?: string | undefined;
  force?: boolean | undefined;
}

interface Audited {
  action: string;
  params: Record<string, string>;
}

/**
 * `deployment list|promote|ramp|rollback|move|retire`: shows the versions of an application's workers, and decides which of them jobs
 * run on.
 */
export function deploymentCommand(taskQueues: ReadTaskQueues): CommandUnknownOpts {
  const run = (
    given: GivenOptions,
    act: (on: OnDeployment) => Promise<void>,
    audited?: Audited,
  ): Promise<void> => runOn(taskQueues, given, act, audited);
  const subcommand = (name: string, description: string) =>
    createCommand(name)
      .description(description)
      .option('--deployment <name>', 'the deployment (default: WORKER_DEPLOYMENT, or the only one)', oneLine);
  const forced = (name: string, description: string) =>
    subcommand(name, description).option('--force', 'also if no worker of the version polls some task queue');
  return createCommand('deployment')
    .description('show the versions of the workers, and decide which of them jobs run on')
    .addCommand(
      subcommand('list', 'show each version, its state, and the open jobs on it').action((options) =>
        run(options, listVersions),
      ),
    )
    .addCommand(
      forced('promote', 'make a version the current one: new jobs start on it')
        .argument('<build-id>', 'the version', oneLine)
        .action((buildId, options) =>
          run(options, (on) => promote(on, buildId), { action: 'promote', params: { buildId } }),
        ),
    )
    .addCommand(
      forced('ramp', 'start a percentage of the new jobs on a version; 0 ends the ramp')
        .argument('<build-id>', 'the version', oneLine)
        .argument('<percent>', 'from 0 to 100', percentage)
        .action((buildId, percent, options) =>
          run(options, (on) => ramp(on, buildId, percent), {
            action: 'ramp',
            params: { buildId, percent: String(percent) },
          }),
        ),
    )
    .addCommand(
      forced(
        'rollback',
        'go back to a version; jobs that are not pinned and that a later version has advanced finish on that version',
      )
        .argument('[build-id]', 'the version to go back to', oneLine)
        .option('--unversioned', 'go back to workers without a version')
        .option('--follow', 'let those jobs move back too, if the version replays them')
        .action((buildId, options) => {
          const { follow = false, unversioned = false } = options;
          if ((buildId === undefined) !== unversioned)
            throw new UsageError('Give either the version to go back to, or --unversioned.');
          return run(options, (on) => rollBack(on, buildId, { follow }), {
            action: 'rollback',
            params: { buildId: buildId ?? 'unversioned', follow: String(follow) },
          });
        }),
    )
    .addCommand(
      forced('move', 'move the open jobs that are pinned to a version to another one')
        .requiredOption('--from <build-id>', 'the version that they are pinned to', oneLine)
        .option('--to <build-id>', 'the version on which they continue', oneLine)
        .option('--unpin', 'remove what an operator has set, so that they run as their workflows declare')
        .option('--type <types...>', 'only jobs of these types')
        .action((options) => {
          const { from, to, unpin = false, type: types = [] } = options;
          if ((to === undefined) !== unpin) throw new UsageError('Give either --to or --unpin.');
          const act = (on: OnDeployment): Promise<void> =>
            to === undefined ? unpinJobs(on, { from, types }) : moveJobs(on, { from, to, types });
          return run(options, act, {
            action: 'move',
            params: { from, to: to ?? 'unpinned', types: types.join(',') },
          });
        }),
    )
    .addCommand(
      subcommand('retire', 'delete a version on which no job runs any more')
        .argument('<build-id>', 'the version', oneLine)
        .action((buildId, options) =>
          run(options, (on) => retire(on, buildId), { action: 'retire', params: { buildId } }),
        ),
    );
}

async function runOn(
  taskQueues: ReadTaskQueues,
  { deployment, force = false }: GivenOptions,
  act: (on: OnDeployment) => Promise<void>,
  audited: Audited | undefined,
): Promise<void> {
  // An application that is imported may set what the environment lacks.
  const queues = taskQueueNames(await taskQueues());
  const config = loadDeploymentConfig(process.env);
  const temporal = createTemporalClient(config.temporal, `deployment:${process.pid}`);
  const { client } = temporal;
  try {
    await requireEngine(temporal, config.temporal);
    const name =
      deployment ??
      config.WORKER_DEPLOYMENT ??
      onlyDeployment(await callForCommand(client, () => deploymentNames(client)));
    const on = { client, name, queues, force };
    if (!audited) {
      await act(on);
      return;
    }
    // Going back must be possible while the database is unavailable.
    const unrecorded = (reason: string): void =>
      printError(`The audit trail does not record this: ${reason}.`);
    if (config.database === undefined) {
      unrecorded('DATABASE_URL is not set');
      await act(on);
      return;
    }
    const { action, params } = audited;
    await auditCommand(
      config.database,
      { command: 'deployment', action, params: { deployment: name, ...params } },
      () => act(on),
      { unrecorded: (error) => unrecorded(errorMessage(error)) },
    );
  } finally {
    await temporal.close();
  }
}

function onlyDeployment(names: readonly string[]): string {
  const [name, ...others] = names;
  if (name === undefined)
    throw new RefusedError(
      'There are no versions: no worker with WORKER_DEPLOYMENT and WORKER_BUILD_ID has polled in this namespace.',
    );
  if (others.length > 0)
    throw new RefusedError(`There are several deployments, ${names.join(', ')}: name one with --deployment.`);
  return name;
}

function percentage(text: string): number {
  const value = Number(text);
  if (!/^\d{1,3}(\.\d{1,2})?$/.test(text) || value > 100)
    throw new InvalidArgumentError('It must be a number from 0 to 100.');
  return value;
}
