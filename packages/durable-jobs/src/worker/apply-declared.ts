import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { auditCommand } from '../access/command-audit.ts';
import type { Db } from '../database/connect.ts';
import type { DatabaseServer } from '../database/server.ts';
import { isDatabaseUnavailable } from '../database/unavailable.ts';
import { isEngineUnavailable } from '../engine/client.ts';
import type { ScheduleDefinition } from '../schedules/definition.ts';
import { applyChanges, changedIds, planSchedules } from '../schedules/reconcile.ts';
import { inTurn, ScheduleBusyError, turnsIn } from '../schedules/turn.ts';
import type { Logger } from '../telemetry/logger.ts';

/** The name of the turn in which a process applies the declared schedules. No schedule has this id. */
const TURN = 'declared schedules';

/** Time limit of all calls together, which is shorter than a turn. */
const DEADLINE_MS = 25_000;

/** Wait between attempts while another process applies its schedules, or the engine or the database is unavailable. */
const RETRY_MS = 2_000;

/** Wait after a refusal, which only an operator or another release can mend. Each attempt is in the audit trail. */
const REFUSED_RETRY_MS = 300_000;

/** Dependencies of applying schedules. */
interface ApplyDeps {
  client: Client;
  db: Db;
  database: DatabaseServer;
  logger: Logger;
}

/**
 * Creates and updates the schedules that a worker declares, one process at a time. Pauses are kept. It removes no schedule: another
 * application, or the next release of this one, may have declared a schedule that this process does not know. Waits for an unavailable
 * engine or database until `signal` aborts.
 * @throws the engine's error if it refuses a schedule.
 */
export async function applyDeclared(
  deps: ApplyDeps,
  declared: readonly ScheduleDefinition[],
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await inTurn(deps.db, TURN, () =>
        deps.client.withDeadline(Date.now() + DEADLINE_MS, () => apply(deps, declared)),
      );
      return;
    } catch (error) {
      const passes =
        error instanceof ScheduleBusyError || isEngineUnavailable(error) || isDatabaseUnavailable(error);
      if (!passes) throw error;
      deps.logger.warn({ err: error }, 'the declared schedules cannot be applied yet');
      await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

/**
 * Applies declared schedules until the engine accepts them, or `signal` aborts. A refusal is logged rather than thrown: it is for a version that
 * was promoted, whose jobs no other worker runs.
 */
export async function untilAccepted(
  apply: () => Promise<void>,
  { logger, signal, retryMs = REFUSED_RETRY_MS }: { logger: Logger; signal: AbortSignal; retryMs?: number },
): Promise<void> {
  while (!signal.aborted) {
    try {
      await apply();
      return;
    } catch (error) {
      logger.error(
        { err: error },
        'a declared schedule was refused, and not all schedules of this version are applied',
      );
      await delay(retryMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function apply(
  { client, db, database, logger }: ApplyDeps,
  declared: readonly ScheduleDefinition[],
): Promise<void> {
  const changes = (await planSchedules(client, logger, declared)).filter(({ kind }) => kind !== 'remove');
  const warn = (schedule: string, owner?: string): void =>
    logger.warn({ schedule, owner }, 'a declared schedule was not applied because its id is already in use');
  for (const change of changes) if (change.kind === 'conflict') warn(change.id, change.owner);
  const params = changedIds(changes);
  if (Object.keys(params).length === 0) return;
  const taken = await auditCommand(database, { command: 'worker', action: 'apply-schedules', params }, () =>
    applyChanges(client, logger, changes, turnsIn(db)),
  );
  for (const id of taken) warn(id);
  logger.info(params, 'the declared schedules were applied');
}
