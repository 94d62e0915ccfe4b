import { workKinds as declared } from '../../contracts/work-items.ts';
import { adjustStock } from './adjust-stock.ts';
import { issueInvoice } from './issue-invoice.ts';

/** Every kind of work item, with its code. */
export const workKinds = declared.with([
  // One for each declared kind: workers do not start if one is missing.
  adjustStock,
  issueInvoice,
]);
