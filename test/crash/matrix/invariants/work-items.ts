import type { Evidence } from '../evidence.ts';
import { countBy } from './count-by.ts';

/** Work items: each accepted one took effect once, and none is left under a lease. */
export function checkWorkItems({ accepted, workItems, ledger, stock }: Evidence): string[] {
  const violations: string[] = [];
  const rows = new Map(workItems.map((row) => [row.id, row]));
  const effects = countBy(ledger, ({ workItemId }) => workItemId);
  for (const { id } of accepted.workItems) {
    const status = rows.get(id)?.status;
    if (status !== 'completed') violations.push(`work item ${id} is ${status ?? 'lost'}`);
    const times = effects.get(id) ?? 0;
    if (times !== 1) violations.push(`work item ${id} was applied ${times} times`);
  }
  for (const { id, isLeased } of workItems) {
    if (isLeased) violations.push(`work item ${id} is left under a lease`);
  }
  for (const { sku, initial, available } of stock) {
    const changes = ledger.filter((entry) => entry.sku === sku).reduce((sum, { delta }) => sum + delta, 0);
    if (available !== initial + changes)
      violations.push(`the stock of ${sku} is ${available}, and its ledger comes to ${initial + changes}`);
  }
  return violations;
}
