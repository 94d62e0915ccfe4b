/**
 * `schedules plan|apply|check`: compares the declared schedules with the server's, makes them the same, or exits with 1
 * where they differ or a declared one is paused. A deployment runs `apply` once.
 */
import { pino } from 'pino';
import { auditCommand } from 'durable-jobs/access';
import {
  errorMessage,
  oneOf,
  readCommandLine,
  requireNone,
  UsageError,
  usageText,
} from 'durable-jobs/process';
import { ConfigError, loadSchedulesConfig, type SchedulesConfig } from 'durable-jobs/config';
import { connectDatabase } from 'durable-jobs/database';
import { checkPayloadKeys, clientEncryption } from 'durable-jobs/encryption';
import { createLogger } from 'durable-jobs/telemetry';
import {
  applyChanges,
  type Change,
  changedIds,
  isSettled,
  planSchedules,
  printPlan,
  type TakeTurn,
  turnsIn,
  withoutTurns,
} from 'durable-jobs/schedules';
import { createTemporalClient } from 'durable-jobs/engine';
import { loadDefinitions } from './definitions.ts';

const commands = ['plan', 'apply', 'check'] as const;

const usage = `Usage: schedules ${commands.join('|')}

  plan   shows what differs between the declared schedules and the server
  apply  makes the server have what is declared; pauses stay
  check  as plan, and exits with 1 where something differs or a declared schedule is paused`;

/** For all calls together: a server that takes longer is away. */
const DEADLINE_MS = 60_000;

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const printError = (text: string): void => void process.stderr.write(`${text}\n`);

async function main(args: readonly string[]): Promise<number> {
  const { help, positionals } = readCommandLine(args, {});
  if (help) {
    print(usage);
    return 0;
  }
  const [name, ...rest] = positionals;
  const command = oneOf('The command', name, commands);
  requireNone(rest);
  const config = loadSchedulesConfig(process.env);
  const logger = createLogger('schedules', config.LOG_LEVEL);
  const temporal = createTemporalClient(
    config.temporal,
    `schedules:${process.pid}`,
    clientEncryption(config, undefined),
  );
  try {
    return await temporal.client.withDeadline(Date.now() + DEADLINE_MS, async () => {
      const changes = await planSchedules(temporal.client, logger, loadDefinitions(config.TIME_ZONE));
      print(`Schedules of the namespace ${config.temporal.namespace}:\n\n${printPlan(changes, Date.now())}`);
      if (command !== 'apply') return command === 'check' && !isSettled(changes) ? 1 : 0;
      await apply(config, changes, (takeTurn) => applyChanges(temporal.client, logger, changes, takeTurn));
      const conflicts = changes.some(({ kind }) => kind === 'conflict');
      print(conflicts ? 'Applied, but for the conflicts.' : 'Applied.');
      return conflicts ? 1 : 0;
    });
  } finally {
    await temporal.close();
  }
}

/** Applies a plan, with an entry in the audit trail where the database is known and there is something to do. */
async function apply(
  { DATABASE_URL: databaseUrl, PAYLOAD_KEYS: ring }: Pick<SchedulesConfig, 'DATABASE_URL' | 'PAYLOAD_KEYS'>,
  changes: readonly Change[],
  run: (takeTurn: TakeTurn) => Promise<void>,
): Promise<void> {
  const params = changedIds(changes);
  if (Object.keys(params).length === 0) return;
  if (databaseUrl === undefined) {
    printError('DATABASE_URL is not set: the audit trail does not tell of this.');
    await run(withoutTurns);
    return;
  }
  const db = connectDatabase(databaseUrl, {
    poolSize: 1,
    logger: pino({ level: 'silent' }),
    applicationName: 'durable-jobs-schedules',
  });
  try {
    // What the other processes could not read must not be written.
    const problems = await checkPayloadKeys(db, ring);
    if (problems.length > 0) throw new ConfigError(problems);
    await auditCommand(databaseUrl, { command: 'schedules', action: 'apply', params }, () =>
      run(turnsIn(db)),
    );
  } finally {
    await db.destroy();
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError) printError(usageText(error));
  else if (error instanceof ConfigError) printError(error.message);
  else printError(`The schedules were not read: ${errorMessage(error)}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
