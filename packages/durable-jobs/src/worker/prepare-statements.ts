import type { Context } from '@temporalio/activity';
import type { ActivityInterceptors } from '@temporalio/worker';
import { withPrepared } from '../database/prepared.ts';
import { libraryQueues } from '../engine/declared-queues.ts';

/**
 * Prepares the statements of activities, which are the same for each job. Those of hosted services are not prepared: they look for few rows
 * among many, and the best way to find them depends on how many there are.
 */
export function prepareStatements({ info }: Context): ActivityInterceptors {
  if (info.taskQueue === libraryQueues.services) return {};
  return { inbound: { execute: (input, next) => withPrepared(() => next(input)) } };
}
