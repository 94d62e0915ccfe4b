import { linkTo } from '../../http/mount.ts';
import { linkToGroup } from '../flow/link-to-group.ts';
import { notBefore } from '../job-view.ts';
import { explainDebounce } from './explain-debounce.ts';
import { explainLimit } from './explain-limit.ts';
import { linkToJob } from '../link-to-job.ts';
import { waitsForItsTime, type UndispatchedStart } from '../outbox/find.ts';
import { replacedInWords } from '../read-job.ts';
import { withoutStop } from './sentences.ts';
import type { Why } from './why.ts';

/** Explains a job whose start is committed and not made. */
export function explainStart(start: UndispatchedStart, isEngineAway: boolean): Why {
  const { createdAt, startAt, expiresAt, hasExpired, nextAttemptAt, lastError, withdrawnAt, dead, entryId } =
    start;
  const since = createdAt.toISOString();
  if (withdrawnAt) {
    return {
      code: 'cancelled',
      sentence: `It was cancelled at ${withdrawnAt.toISOString()}, before the engine had started it.`,
      since: withdrawnAt.toISOString(),
      actions: [],
    };
  }
  if (start.replaced) {
    const { at, by } = start.replaced;
    return {
      code: 'start_replaced',
      sentence: replacedInWords(start.replaced),
      since: at.toISOString(),
      ...(by !== null && { child: by }),
      actions: by === null ? [] : [{ does: `See GET ${linkToJob(by, '/why')}.` }],
    };
  }
  if (start.skippedAt) {
    const at = start.skippedAt.toISOString();
    return {
      code: 'start_skipped',
      sentence: `It was not started: ${withoutStop(lastError ?? '')}.`,
      since: at,
      ...(lastError === null ? {} : { reason: lastError }),
      actions: [],
    };
  }
  if (expiresAt && (hasExpired || expiresAt.getTime() <= Date.now())) {
    const at = expiresAt.toISOString();
    return {
      code: 'start_expired',
      sentence: hasExpired
        ? `Its start expired at ${at}: it was not started.`
        : `Its start expired at ${at}. Whether it was started just before is being confirmed.`,
      since: at,
      actions: [],
    };
  }
  if (dead) {
    const { at, code } = dead;
    const path = linkTo(`/api/dead-starts/${entryId}`);
    return {
      code: 'start_dead',
      sentence: `It was accepted at ${since} and cannot be started: ${withoutStop(lastError ?? code)}. Its start has been dead since ${at.toISOString()}.`,
      since: at.toISOString(),
      error: { code, message: lastError ?? code },
      actions: [
        { does: 'Starts it after the cause is fixed.', method: 'POST', path: `${path}/requeue` },
        { does: 'Discards the start.', method: 'POST', path: `${path}/discard` },
      ],
    };
  }
  if (start.heldFor) {
    const until = expiresAt && { until: expiresAt.toISOString() };
    if ('groupId' in start.heldFor) {
      const { groupId } = start.heldFor;
      return {
        code: 'waiting_for_group',
        sentence: `It waits for the jobs of the group ${groupId} to end.`,
        since,
        actions: [{ does: `See GET ${linkToGroup(groupId)}.` }],
      };
    }
    if ('debounce' in start.heldFor) return explainDebounce(start.heldFor.debounce, { since, ...until });
    if ('limit' in start.heldFor) return explainLimit(start.heldFor.limit, { since, ...until });
    const { jobId, when } = start.heldFor;
    return {
      code: 'waiting_for_job',
      sentence: `It waits for ${jobId === null ? 'a job' : `the job ${jobId}`} to ${when.slice(0, -1)}${until ? `, until ${until.until} at the latest` : ''}.`,
      since,
      ...until,
      ...(jobId === null ? {} : { child: jobId }),
      actions: jobId === null ? [] : [{ does: `See GET ${linkToJob(jobId, '/why')}.` }],
    };
  }
  if (startAt && startAt.getTime() > Date.now()) {
    const until = startAt.toISOString();
    const engine = waitsForItsTime(start)
      ? 'receives the job at that time, because its job has limits or is debounced'
      : isEngineAway
        ? 'is unavailable, and receives the job when it is available again'
        : 'receives the job in a moment';
    return {
      code: 'scheduled',
      sentence: `It is scheduled for ${until}; the engine ${engine}.`,
      since,
      until,
      actions: [],
    };
  }
  if (isEngineAway) {
    return {
      code: 'engine_away',
      sentence: `It was accepted at ${since} and has not started yet: the job engine cannot be reached. It starts automatically when the engine is available again.`,
      since,
      actions: [{ does: 'Restart the Temporal server; nothing has to be sent again.' }],
    };
  }
  const nextAt = notBefore(new Date(), nextAttemptAt).toISOString();
  return {
    code: 'starting',
    sentence: `It was accepted at ${since} and has not started yet${lastError === null ? '' : ` (the last attempt failed: ${withoutStop(lastError)})`}; the relay tries again ${nextAttemptAt.getTime() > Date.now() ? `at ${nextAt}` : 'in a moment'}.`,
    since,
    nextAt,
    ...(lastError === null ? {} : { error: { code: 'Error', message: lastError } }),
    actions:
      lastError === null
        ? []
        : [{ does: 'Look for the reason in the logs of the worker that runs the outbox relay.' }],
  };
}
