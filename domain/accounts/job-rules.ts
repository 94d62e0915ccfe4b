import { sendPasswordReset } from '../../contracts/jobs/send-password-reset.ts';
import { ActionRefusedError, enqueueStart, type JobRules } from 'durable-jobs/jobs';
import { newestOpenResetRequest, withdrawResetRequests } from './password-resets.ts';

/** Rules for the job of an account's resets: an action on it never loses what the account's owner requests later. */
export const passwordResetRules: JobRules = {
  beforeCancelling: (db, accountKey) => withdrawResetRequests(db, accountKey),

  // A request that arrived after the termination began has reached a run that has ended: it gets a new run.
  async settle(trx, run) {
    await withdrawResetRequests(trx, run.businessKey, run.closedAt);
    const request = await newestOpenResetRequest(trx, run.businessKey);
    if (!request)
      return { did: 'The reset email is not sent. The account can request another one.', starts: [] };
    const start = await enqueueStart(trx, sendPasswordReset, {
      accountKey: run.businessKey,
      requestId: request.requestId,
      requestedAt: request.requestedAt.toISOString(),
      delayMs: 0,
    });
    return { did: 'A reset that was requested in the meantime is sent by a new run.', starts: [start] };
  },

  async beforeRetrying(trx, run, input) {
    const request = await newestOpenResetRequest(trx, run.businessKey);
    if (!request) {
      throw new ActionRefusedError(
        'jobNotRetryable',
        'Its request was sent, used or withdrawn: the account can request another reset.',
      );
    }
    return {
      ...(typeof input === 'object' && input),
      accountKey: run.businessKey,
      requestId: request.requestId,
      requestedAt: request.requestedAt.toISOString(),
    };
  },

  waitsForTimes: true,
};
