import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { pino } from 'pino';
import { auditCommand } from '../access/command-audit.ts';
import { ConfigError, loadSchedulesConfig, type SchedulesConfig } from '../config/config.ts';
import { connectDatabase } from '../database/connect.ts';
import { checkPayloadKeys } from '../encryption/check-keys.ts';
import { withPatience } from '../dev/patience.ts';
import { clientEncryption } from '../encryption/payload-encryption.ts';
import { createTemporalClient } from '../engine/client.ts';
import type { ScheduleDefinition } from '../schedules/definition.ts';
import type { ScheduleState } from '../schedules/scheduler.ts';
import { printPlan } from '../schedules/print-plan.ts';
import { applyChanges, changedIds, isSettled, planSchedules, type Change } from '../schedules/reconcile.ts';
import { turnsIn, withoutTurns, type TakeTurn } from '../schedules/turn.ts';
import { createLogger } from '../telemetry/logger.ts';
import { createCommand, print, printError, RefusedError } from '../process/command.ts';
import { requireDatabase, requireEngine } from './reach.ts';

/** The declared schedules, which the command compares with the server's. */
export interface DeclaredSchedules {
  env: NodeJS.ProcessEnv;
  /** Returns the declared schedules for the time zone of the business. */
  definitions: (timeZone: string) => readonly ScheduleDefinition[];
}

/** Time limit of one attempt to read the schedules. */
const PLAN_MS = 15_000;

/** Time limit of all attempts, and then of all changes: a server that takes longer is unavailable. */
const DEADLINE_MS = 60_000;

/**
 * `schedules plan|apply|check`: compares the declared schedules with the server's, applies them, or exits with 1 if they differ or a
 * declared schedule is paused. A deployment runs `apply` once.
 */
export function schedulesCommand(
  load: () => DeclaredSchedules | Promise<DeclaredSchedules>,
): CommandUnknownOpts {
  const subcommand = (name: 'plan' | 'apply' | 'check', description: string): CommandUnknownOpts =>
    createCommand(name)
      .description(description)
      .action(async () => {
        process.exitCode = await run(name, await load());
      });
  return createCommand('schedules')
    .description("compare the declared schedules with the engine's schedules, and apply them")
    .addCommand(
      subcommand(
        'plan',
        'show the differences between the declared schedules and the schedules of the engine',
      ),
    )
    .addCommand(
      subcommand(
        'apply',
        'create, update and delete schedules of the engine to match the declared ones; paused schedules stay paused',
      ),
    )
    .addCommand(
      subcommand('check', 'like plan, but exit with 1 if anything differs or a declared schedule is paused'),
    );
}

async function run(
  command: 'plan' | 'apply' | 'check',
  { env, definitions }: DeclaredSchedules,
): Promise<number> {
  const config = loadSchedulesConfig(env);
  const { address } = config.temporal.connection;
  if (address === undefined) {
    throw new RefusedError(
      'TEMPORAL_ADDRESS is not set, and neither is a profile with an address. Set it to name the server whose schedules to use.',
    );
  }
  const logger = createLogger('schedules', config.LOG_LEVEL);
  const temporal = createTemporalClient(
    config.temporal,
    `schedules:${process.pid}`,
    clientEncryption(config, undefined),
  );
  try {
    await requireEngine(temporal, config.temporal);
    const { client } = temporal;
    const read = new Map<string, ScheduleState | undefined>();
    const changes = await withPatience(
      () =>
        client.withDeadline(Date.now() + PLAN_MS, () =>
          planSchedules(client, logger, definitions(config.TIME_ZONE), read),
        ),
      {
        what: `Temporal at ${address}`,
        variable: 'TEMPORAL_ADDRESS',
        report: printError,
        patienceMs: DEADLINE_MS,
      },
    );
    print(`Schedules of the namespace ${config.temporal.namespace}:\n\n${printPlan(changes, Date.now())}`);
    if (command !== 'apply') return command === 'check' && !isSettled(changes) ? 1 : 0;
    const taken = await client.withDeadline(Date.now() + DEADLINE_MS, () =>
      apply(config, changes, (takeTurn) => applyChanges(client, logger, changes, takeTurn)),
    );
    const conflicts = taken.length > 0 || changes.some(({ kind }) => kind === 'conflict');
    for (const id of taken) print(`${id}: its id is in use by a schedule that was made after the plan.`);
    print(conflicts ? 'Applied, except for the conflicts.' : 'Applied.');
    return conflicts ? 1 : 0;
  } finally {
    await temporal.close();
  }
}

/** Applies a plan, with an entry in the audit trail if a database is configured and there are changes. */
async function apply(
  {
    database,
    DATABASE_URL: url,
    PAYLOAD_KEYS: ring,
  }: Pick<SchedulesConfig, 'database' | 'DATABASE_URL' | 'PAYLOAD_KEYS'>,
  changes: readonly Change[],
  run: (takeTurn: TakeTurn) => Promise<string[]>,
): Promise<string[]> {
  const params = changedIds(changes);
  if (Object.keys(params).length === 0) return [];
  if (database === undefined || url === undefined) {
    printError('DATABASE_URL is not set: the audit trail does not record this.');
    return await run(withoutTurns);
  }
  const db = connectDatabase(database, {
    poolSize: 1,
    logger: pino({ level: 'silent' }),
    applicationName: 'durable-jobs-schedules',
  });
  try {
    await requireDatabase(db, url);
    // Payloads that the other processes could not read must not be written.
    const problems = await checkPayloadKeys(db, ring);
    if (problems.length > 0) throw new ConfigError(problems);
    return await auditCommand(database, { command: 'schedules', action: 'apply', params }, () =>
      run(turnsIn(db)),
    );
  } finally {
    await db.destroy();
  }
}
