import { sql } from 'kysely';
import { createBatches } from '../../database/batches.ts';
import type { Db } from '../../database/connect.ts';
import { withPrepared } from '../../database/prepared.ts';
import type { OutboxEntry } from './enqueue.ts';
import { isStillToMake } from './still-to-make.ts';
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

interface Made {
  id: number;
  outcome: string;
  runId: string;
  startAt: Date | null;
  madeAt: Date;
}

/** Creates a recorder. A crash before the record leaves an entry to the relay, which finds that its start was made. */
export function createOutcomeRecorder(db: Db): OutcomeRecorder {
  const mark = createBatches<Made, boolean>(
    async (batch) => {
      const marked = await markMade(db, batch);
      return batch.map(({ id }) => marked.has(id));
    },
    { lingerMs: LINGER_MS },
  );
  return {
    async record({ id, startAt, retry }, outcome) {
      if (!isMade(outcome) || retry) return false;
      return mark({ id, outcome: outcome.kind, runId: outcome.runId, startAt, madeAt: new Date() });
    },
  };
}

/**
 * Marks entries as made, and returns the ids of those that it marked. One that was withdrawn is left, and so is a start that was moved: its
 * run has to begin at another time. A row that another transaction has locked is left too, so that the other starts need not wait for it.
 */
async function markMade(db: Db, made: readonly Made[]): Promise<Set<number>> {
  const mark = sql<{ id: number }>`
    WITH made AS MATERIALIZED (
      SELECT DISTINCT ON (id) * FROM jsonb_to_recordset(${JSON.stringify(made)}::jsonb)
        AS made(id bigint, outcome text, "runId" text, "startAt" timestamptz, "madeAt" timestamptz)
      ORDER BY id
    ), unmarked AS MATERIALIZED (
      SELECT entry.id FROM outbox AS entry JOIN made ON made.id = entry.id
      WHERE entry.id = ANY(ARRAY(SELECT id FROM made)) AND ${isStillToMake}
        AND (made.outcome <> 'started' OR entry.start_at IS NULL
          -- A process reads milliseconds.
          OR date_trunc('milliseconds', entry.start_at) IS NOT DISTINCT FROM made."startAt")
      ORDER BY entry.id FOR UPDATE OF entry SKIP LOCKED
    )
    UPDATE outbox AS entry SET dispatched_at = made."madeAt", outcome = made.outcome, run_id = made."runId"
    FROM made
    WHERE entry.id = ANY(ARRAY(SELECT id FROM unmarked)) AND made.id = entry.id
    RETURNING entry.id`;
  const { rows: marked } = await withPrepared(() => mark.execute(db));
  return new Set(marked.map(({ id }) => id));
}
