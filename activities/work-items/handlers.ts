import type { WorkKind, WorkPayload } from '../../contracts/work-items.ts';
import { adjustStock } from './adjust-stock.ts';
import type { WorkHandler } from '../../packages/durable-jobs/src/work-queue/handler.ts';
import { issueInvoice } from './issue-invoice.ts';

/** A handler for each kind of work. */
export type WorkHandlers = { readonly [K in WorkKind]: WorkHandler<WorkPayload<K>> };

/** How each kind of work is done. */
export const workHandlers = {
  'adjust-stock': adjustStock,
  'issue-invoice': issueInvoice,
} satisfies WorkHandlers;
