import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import { errorMessage } from '../process/errors.ts';

/** Why an attempt or a job failed, as `GET /api/jobs/:id` shows it. */
export interface JobFailure {
  /** Such as `CardDeclined`; the error's name where it has no code of its own. */
  code: string;
  message: string;
}

/** The failure of an error, or of what lies at the bottom of one that the engine's client throws. */
export function failureOf(error: unknown): JobFailure {
  let inner = error;
  while (isWrapper(inner) && inner.cause instanceof Error) inner = inner.cause;
  const name = inner instanceof Error ? inner.name : 'Error';
  const code = inner instanceof ApplicationFailure ? (inner.type ?? 'Error') : name;
  return { code, message: errorMessage(inner) };
}

/** The client's error, and the failures of activities and children: each says only if the failure happened. */
function isWrapper(error: unknown): error is Error {
  if (!(error instanceof Error) || error instanceof ApplicationFailure) return false;
  return error instanceof TemporalFailure || error.name === 'WorkflowFailedError';
}
