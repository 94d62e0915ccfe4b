import type { Db } from '../../database/connect.ts';
import { rolledBack } from '../../database/rolled-back.ts';
import type { OutboxEntry } from '../outbox/enqueue.ts';

/** The effect of an action, in a sentence for people, and the starts to pass to the dispatcher once they are committed. */
export interface Done {
  did: string;
  starts: readonly OutboxEntry[];
}

/** An action on a job that its state allows. The same plan is carried out, or only tried for a dry run. */
export interface Plan {
  /**
   * The part in our rows, where the rules of the job's type may still refuse. An action without any other part returns what was done.
   */
  changeRows?: (db: Db) => Promise<Done | undefined>;
  /** The part at the engine, after the rows. */
  callEngine?: () => Promise<Done>;
}

/**
 * Carries out a plan.
 * @throws {ActionRefusedError} if the rules of the job's type refuse it, or the job has changed since it was checked.
 */
export async function carryOutPlan(db: Db, { changeRows, callEngine }: Plan): Promise<Done> {
  const changed = await changeRows?.(db);
  return (await callEngine?.()) ?? changed ?? { did: 'Nothing was left to do.', starts: [] };
}

/**
 * Tries a plan without any effect: its changes of rows are rolled back, and the engine is not called.
 * @throws {ActionRefusedError} if the rules of the job's type refuse it.
 */
export async function tryPlan(db: Db, { changeRows }: Plan): Promise<void> {
  if (changeRows) await rolledBack(db, changeRows);
}
