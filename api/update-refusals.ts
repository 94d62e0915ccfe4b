import { failureTypes } from '../contracts/errors.ts';
import { problems } from '../contracts/problems.ts';
import type { ProblemKind } from 'durable-jobs/http';

/** Problems that correspond to the failures with which a workflow refuses an update. */
export const updateRefusals: Readonly<Record<string, ProblemKind>> = {
  [failureTypes.orderAlreadyPaid]: problems.orderAlreadyPaid,
  [failureTypes.orderClosed]: problems.orderClosed,
  [failureTypes.orderNotAwaitingPaymentMethod]: problems.orderNotAwaitingPaymentMethod,
};
