import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { failureOf, type AttemptError } from '../run-state/history.ts';

const { HistoryEventFilterType } = proto.temporal.api.enums.v1;

/** Size of the cache of failures, which never change, at about 300 bytes each. */
const KEPT = 5_000;
/** Histories that are read concurrently. */
const AT_ONCE = 10;

/** Reads why runs failed, which is in each run's last event but not in the engine's index. */
export class JobFailures {
  readonly #client: Client;
  readonly #known = new Map<string, AttemptError | null>();

  constructor(client: Client) {
    this.#client = client;
  }

  /** Returns why each of these closed runs failed, in their order; null if a run did not fail or has been deleted. */
  async read(runs: readonly { id: string; runId: string }[]): Promise<(AttemptError | null)[]> {
    const found: (AttemptError | null)[] = [];
    for (let from = 0; from < runs.length; from += AT_ONCE) {
      found.push(...(await Promise.all(runs.slice(from, from + AT_ONCE).map((run) => this.#readOne(run)))));
    }
    return found;
  }

  async #readOne({ id, runId }: { id: string; runId: string }): Promise<AttemptError | null> {
    const known = this.#known.get(runId);
    if (known !== undefined) return known;
    const failure = await this.#ask(id, runId);
    this.#known.set(runId, failure);
    const [oldest] = this.#known.keys();
    if (this.#known.size > KEPT && oldest !== undefined) this.#known.delete(oldest);
    return failure;
  }

  async #ask(workflowId: string, runId: string): Promise<AttemptError | null> {
    try {
      const { history } = await this.#client.workflowService.getWorkflowExecutionHistory({
        namespace: this.#client.options.namespace,
        execution: { workflowId, runId },
        historyEventFilterType: HistoryEventFilterType.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT,
      });
      const last = history?.events?.at(-1);
      return (last && failureOf(last)) ?? null;
    } catch (error) {
      if (isNotFound(error)) return null;
      throw error;
    }
  }
}

/** 5 is NOT_FOUND of gRPC: the namespace's retention is over since the list was read. */
function isNotFound(error: unknown): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === 5;
}
