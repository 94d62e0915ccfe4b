import { InvalidArgumentError, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { auditCommand } from '../access/command-audit.ts';
import { loadDeploymentConfig } from '../config/config.ts';
import { createTemporalClient } from '../engine/client.ts';
import { deploymentNames } from '../engine/deployments.ts';
import { createCommand, oneLine, printError, RefusedError } from '../process/command.ts';
import {
  listVersions,
  moveJobs,
  promote,
  ramp,
  retire,
  rollBack,
  type OnDeployment,
} from './deployment-actions.ts';
import { requireEngine } from './reach.ts';

/** Time limit of a command: moving very many jobs takes minutes. */
const DEADLINE_MS = 3_600_000;

/**
 * `deployment list|promote|ramp|rollback|move|retire`: shows the versions of an application's workers, and decides which of them jobs
 * run on.
 */
export function deploymentCommand(): CommandUnknownOpts {
  const subcommand = (name: string, description: string) =>
    createCommand(name)
      .description(description)
      .option('--deployment <name>', 'the deployment (default: WORKER_DEPLOYMENT, or the only one)', oneLine);
  return createCommand('deployment')
    .description('show the versions of the workers, and decide which of them jobs run on')
    .addCommand(
      subcommand('list', 'show each version, its state, and the open jobs on it').action(({ deployment }) =>
        run(deployment, (on) => listVersions(on)),
      ),
    )
    .addCommand(
      subcommand('promote', 'make a version the current one: new jobs start on it')
        .argument('<build-id>', 'the version', oneLine)
        .action((buildId, { deployment }) =>
          run(deployment, (on) => promote(on, buildId), { action: 'promote', params: { buildId } }),
        ),
    )
    .addCommand(
      subcommand('ramp', 'start a percentage of the new jobs on a version; 0 ends the ramp')
        .argument('<build-id>', 'the version', oneLine)
        .argument('<percent>', 'from 0 to 100', percentage)
        .action((buildId, percent, { deployment }) =>
          run(deployment, (on) => ramp(on, buildId, percent), {
            action: 'ramp',
            params: { buildId, percent: String(percent) },
          }),
        ),
    )
    .addCommand(
      subcommand(
        'rollback',
        'go back to a version; jobs that are not pinned and that a later version has advanced finish on that version',
      )
        .argument('<build-id>', 'the version to go back to', oneLine)
        .option('--follow', 'let those jobs move back too, if the version replays them')
        .action((buildId, { deployment, follow = false }) =>
          run(deployment, (on) => rollBack(on, buildId, { follow }), {
            action: 'rollback',
            params: { buildId, follow: String(follow) },
          }),
        ),
    )
    .addCommand(
      subcommand('move', 'move the open jobs that are pinned to a version to another one')
        .requiredOption('--from <build-id>', 'the version that they are pinned to', oneLine)
        .requiredOption('--to <build-id>', 'the version on which they continue', oneLine)
        .option('--type <types...>', 'only jobs of these types')
        .action(({ deployment, from, to, type: types = [] }) =>
          run(deployment, (on) => moveJobs(on, { from, to, types }), {
            action: 'move',
            params: { from, to, types: types.join(',') },
          }),
        ),
    )
    .addCommand(
      subcommand('retire', 'delete a version on which no job runs any more')
        .argument('<build-id>', 'the version', oneLine)
        .action((buildId, { deployment }) =>
          run(deployment, (on) => retire(on, buildId), { action: 'retire', params: { buildId } }),
        ),
    );
}

async function run(
  given: string | undefined,
  act: (on: OnDeployment) => Promise<void>,
  audited?: { action: string; params: Record<string, string> },
): Promise<void> {
  const config = loadDeploymentConfig(process.env);
  const temporal = createTemporalClient(config.temporal, `deployment:${process.pid}`);
  const { client } = temporal;
  try {
    await requireEngine(temporal, config.temporal);
    await client.withDeadline(Date.now() + DEADLINE_MS, async () => {
      const name = given ?? config.WORKER_DEPLOYMENT ?? onlyDeployment(await deploymentNames(client));
      const { DATABASE_URL: databaseUrl } = config;
      if (!audited) await act({ client, name });
      else if (databaseUrl === undefined) {
        printError('DATABASE_URL is not set: the audit trail does not record this.');
        await act({ client, name });
      } else {
        const { action, params } = audited;
        await auditCommand(
          databaseUrl,
          { command: 'deployment', action, params: { deployment: name, ...params } },
          () => act({ client, name }),
        );
      }
    });
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
