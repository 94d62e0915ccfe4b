import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Db } from '../../database/connect.ts';
import type { OutboxEntry } from './enqueue.ts';
import { isMade, type StartOutcome } from './start-outcome.ts';

/** Records starts that were made, many with one statement. */
export interface OutcomeRecorder {
  /**
   * Records that an entry's start was made; false where it has to be recorded by itself, because it was withdrawn, moved, locked or recorded
   * meanwhile, or its outcome changes other rows too.
   * @throws the database's error.
   */
  record: (entry: OutboxEntry, outcome: StartOutcome) => Promise<boolean>;
}

/** For how long the first of a batch waits for others: less than a job takes, whose end may be waited for by its run. */
const LINGER_MS = 5;

/** Starts that one statement records. */
const BATCH = 500;

/** Requests share a statement, so none of their limits and log fields apply to it. */
const outsideOfRequests = AsyncLocalStorage.snapshot();

interface Made {
  id: number;
  outcome: string;
  runId: string;
  startAt: Date | null;
  madeAt: Date;
  resolve: (recorded: boolean) => void;
  reject: (error: unknown) => void;
}

/** Creates a recorder. A crash before the record leaves an entry to the relay, which finds that its start was made. */
export function createOutcomeRecorder(db: Db): OutcomeRecorder {
  const unrecorded: Made[] = [];
  let isRecording = false;

  const recordAll = async (): Promise<void> => {
    isRecording = true;
    while (unrecorded.length > 0) {
      await delay(LINGER_MS);
      const batch = unrecorded.splice(0, BATCH);
      try {
        const recorded = await markMade(db, batch);
        for (const { id, resolve } of batch) resolve(recorded.has(id));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    isRecording = false;
  };

  return {
    async record(entry, outcome) {
      if (!isMade(outcome) || entry.retry) return false;
      return new Promise((resolve, reject) => {
        const { id, startAt } = entry;
        unrecorded.push({
          id,
          outcome: outcome.kind,
          runId: outcome.runId,
          startAt,
          madeAt: new Date(),
          resolve,
          reject,
        });
        if (!isRecording) void outsideOfRequests(recordAll);
      });
    },
  };
}

/**
 * Marks entries as made, and returns the ids of those that it marked. One that was withdrawn is left, and so is a start that was moved: its
 * run has to begin at another time. A row that another transaction has locked is left too, so that the other starts need not wait for it.
 */
async function markMade(db: Db, made: readonly Made[]): Promise<Set<number>> {
  const rows = made.map(({ id, outcome, runId, startAt, madeAt }) => ({
    id,
    outcome,
    runId,
    startAt,
    madeAt,
  }));
  const { rows: marked } = await sql<{ id: number }>`
    WITH made AS MATERIALIZED (
      SELECT DISTINCT ON (id) * FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        AS made(id bigint, outcome text, "runId" text, "startAt" timestamptz, "madeAt" timestamptz)
      ORDER BY id
    ), unmarked AS MATERIALIZED (
      SELECT entry.id FROM outbox AS entry JOIN made ON made.id = entry.id
      WHERE entry.dispatched_at IS NULL AND entry.dropped_at IS NULL AND entry.withdrawn_at IS NULL
        AND (made.outcome <> 'started' OR entry.start_at IS NULL
          -- A process reads milliseconds.
          OR date_trunc('milliseconds', entry.start_at) IS NOT DISTINCT FROM made."startAt")
      ORDER BY entry.id FOR UPDATE OF entry SKIP LOCKED
    )
    UPDATE outbox AS entry SET dispatched_at = made."madeAt", outcome = made.outcome, run_id = made."runId"
    FROM unmarked JOIN made ON made.id = unmarked.id
    WHERE entry.id = unmarked.id
    RETURNING entry.id`.execute(db);
  return new Set(marked.map(({ id }) => id));
}
