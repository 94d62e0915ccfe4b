import type { LedgerView } from './control-api.ts';
import type { Fault } from './faults.ts';

const SHOWN = 50;

/** The page at /: the latest charges and refunds, the faults that wait, and how to add one. */
export function renderHomePage(view: LedgerView, faults: readonly Fault[], url: string): string {
  const charges = view.charges.map((charge) => [
    readable(charge.createdAt),
    charge.id,
    charge.paymentIntent,
    `${charge.amountMinor} ${charge.currency}`,
    String(charge.refundedMinor),
    JSON.stringify(charge.metadata),
    charge.idempotencyKey ?? '',
  ]);
  const refunds = view.refunds.map((refund) => [
    readable(refund.createdAt),
    refund.id,
    refund.charge,
    `${refund.amountMinor} ${refund.currency}`,
    JSON.stringify(refund.metadata),
    refund.idempotencyKey ?? '',
  ]);
  const example = JSON.stringify({ times: 3, kind: 'status', status: 503, match: { path: '/confirm' } });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<title>Payment sandbox</title>
<style>
  :root { color-scheme: light dark; }
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem; }
  .scroll { overflow-x: auto; }
  table { border-collapse: collapse; }
  th, td { text-align: left; padding: 0.2rem 0.8rem 0.2rem 0; border-bottom: 1px solid #8886; }
  td { font-family: ui-monospace, monospace; font-size: 13px; white-space: nowrap; }
  pre { background: #8882; padding: 0.8rem; overflow-x: auto; }
</style>
<h1>Payment sandbox</h1>
<p>Implements the part of Stripe's API that this project uses. No money is involved. Amounts are in minor units.</p>
${table('Charges', ['at', 'charge', 'intent', 'amount', 'refunded', 'metadata', 'idempotency key'], charges)}
${table('Refunds', ['at', 'refund', 'charge', 'amount', 'metadata', 'idempotency key'], refunds)}
<h2>Pending faults: ${faults.length}</h2>
<pre>${escapeHtml(faults.map((fault) => JSON.stringify(fault)).join('\n') || 'none')}</pre>
<p>Make the next three confirmations fail, remove all faults, or list recent requests and responses:</p>
<pre>${escapeHtml(`curl -X POST ${url}/_control/faults -d '${example}'
curl -X DELETE ${url}/_control/faults
curl ${url}/_control/requests?limit=20`)}</pre>
<p>Kinds of faults: <code>status</code> with <code>status</code> (and <code>saved</code> for a 5xx that the idempotency key
keeps), <code>delay</code> with <code>delayMs</code>, <code>drop-before</code>, <code>drop-after</code>.</p>
</html>
`;
}

/** A time as people read it, in UTC and to the second. */
function readable(at: string): string {
  return `${at.slice(0, 19).replace('T', ' ')} UTC`;
}

function table(title: string, headings: string[], rows: string[][]): string {
  const latest = rows.slice(-SHOWN).reverse();
  const head = headings.map((heading) => `<th>${escapeHtml(heading)}</th>`).join('');
  const body = latest.map((row) => `<tr>${row.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`);
  const count = rows.length > SHOWN ? `the last ${SHOWN} of ${rows.length}` : String(rows.length);
  return `<h2>${title}: ${count}</h2>\n<div class="scroll" tabindex="0"><table><tr>${head}</tr>${body.join('\n')}</table></div>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
