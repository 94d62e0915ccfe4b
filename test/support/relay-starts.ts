import { relayOnce, type RelayPass } from '../../packages/durable-jobs/src/jobs/outbox/relay.ts';

/**
 * Passes of the relay until nothing more is due, as those of a worker follow each other. On a busy machine, a pass ends before it has made
 * all that it has claimed. `made` and `failed` are the sums of all passes.
 */
export async function relayStarts(...args: Parameters<typeof relayOnce>): Promise<RelayPass> {
  let [made, failed] = [0, 0];
  for (;;) {
    const pass = await relayOnce(...args);
    made += pass.made;
    failed += pass.failed;
    if (!pass.more || pass.engineAway !== undefined || args[1]?.signal?.aborted === true)
      return { ...pass, made, failed };
  }
}
