import { workKinds as declared } from '../../contracts/work-items.ts';
import { adjustStock } from './adjust-stock.ts';
import { issueInvoice } from './issue-invoice.ts';

/** Every kind of work item, with its code. */
export const workKinds = declared.with([
  // One for each that is declared: no worker starts without.
  adjustStock,
  issueInvoice,
]);
