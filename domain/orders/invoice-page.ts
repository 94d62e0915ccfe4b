import { formatAmount, formatMoney } from '../money.ts';
import { htmlPage, markup, Markup, type PageContent } from 'durable-jobs/html';
import type { InvoiceSubject } from './invoices.ts';
import { formatTime } from 'durable-jobs/values';

/** Formats the number of an invoice: `INV-000042`. */
export function invoiceNumber(number: number): string {
  return `INV-${String(number).padStart(6, '0')}`;
}

/** An invoice looks like paper: the same on screens, in dark mode and in print. */
const style = new Markup(`
* { box-sizing: border-box; }
body { margin: 0; background: #eef0f3; color: #1b2330; font: 1rem/1.5 system-ui, 'Segoe UI', Roboto, sans-serif; }
main { max-width: 46rem; margin: 2rem auto; padding: 2.5rem; background: #fff; border: 1px solid #dfe3e8; border-radius: .7rem; }
h1 { margin: 0; font-size: 1.7rem; line-height: 1.2; }
${rulesOf('main')}
@media (max-width: 40rem) { main { margin: 0; padding: 1.25rem; border: 0; border-radius: 0; } }
@media print { body { background: #fff; } main { margin: 0; padding: 0; border: 0; } }
`);

/** The same paper within a page of the console. */
const inConsole = new Markup(`
.paper { max-width: 46rem; padding: 2.5rem; color-scheme: light; background: #fff; color: #1b2330; border: 1px solid #dfe3e8; border-radius: .7rem; font-size: 1rem; line-height: 1.5; }
.paper h2 { margin: 0; font-size: 1.7rem; line-height: 1.2; }
${rulesOf('.paper')}
@media (max-width: 40rem) { .paper { padding: 1.25rem 1rem; } }
@media print { .head { display: none; } .paper { padding: 0; border: 0; } }
`);

function rulesOf(paper: string): string {
  return `${paper} header { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 1rem; }
${paper} p { margin: 0; }
${paper} .note { color: #5a6474; font-size: .875rem; }
${paper} dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: 1rem 2rem; margin: 2rem 0; }
${paper} dt { color: #5a6474; font-size: .875rem; }
${paper} dd { margin: 0; overflow-wrap: anywhere; }
${paper} .scroll { overflow-x: auto; }
${paper} table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
${paper} :is(th, td) { padding: .5rem 0 .5rem 1rem; border-bottom: 1px solid #dfe3e8; text-align: right; vertical-align: top; white-space: nowrap; }
${paper} th:first-child { padding-left: 0; text-align: left; white-space: normal; font-weight: 400; overflow-wrap: anywhere; min-width: 6rem; }
${paper} :is(thead th, tfoot td, thead th:first-child, tfoot th:first-child) { font-weight: 600; }
${paper} thead th { color: #5a6474; font-size: .875rem; border-bottom-color: #98a1ae; }
${paper} tfoot tr > * { border-bottom: 0; font-size: 1.1rem; }
@media (max-width: 40rem) { ${paper} table { font-size: .9rem; } ${paper} :is(th, td) { padding-left: .6rem; } }`;
}

/** Returns an issued invoice within a page of the console. It is what was issued: nothing of it is computed again. */
export function invoiceContent({ number, document }: { number: number; document: string }): PageContent {
  const paper = document.slice(document.indexOf('<main>') + '<main>'.length, document.lastIndexOf('</main>'));
  return {
    title: `Invoice ${invoiceNumber(number)}`,
    style: inConsole,
    // Every invoice was made by `invoicePage`, which escapes every value. The page of the console has a title of its own.
    content: markup`<article class="paper">${new Markup(paper.replace(/<(\/?)h1>/g, '<$1h2>'))}</article>`,
  };
}

/** Returns an invoice as a page without scripts and other files, for phones and for printing. */
export function invoicePage({
  number,
  issuedAt,
  order,
  lines,
  customer,
}: InvoiceSubject & { number: number; issuedAt: Date }): string {
  const amount = (amountMinor: number): string => formatAmount(amountMinor, order.currency);
  return htmlPage({
    title: `Invoice ${invoiceNumber(number)}`,
    style,
    colorScheme: 'light',
    content: markup`<header>
<h1>Invoice ${invoiceNumber(number)}</h1>
<p class="note">${formatTime(issuedAt)}</p>
</header>
<dl>
<div><dt>Billed to</dt><dd>${customer.name}</dd><dd>${customer.email}</dd></div>
<div><dt>Order</dt><dd>${order.id}</dd>${order.paidAt !== null && markup`<dd class="note">paid ${formatTime(order.paidAt)}</dd>`}</div>
</dl>
<div class="scroll"><table>
<thead><tr><th scope="col">Item</th><th scope="col">Quantity</th><th scope="col">Price</th><th scope="col">Amount</th></tr></thead>
<tbody>
${lines.map(
  ({ sku, name, quantity, unitAmountMinor }) =>
    markup`<tr><th scope="row">${name ?? sku}</th><td>${quantity}</td><td>${amount(unitAmountMinor)}</td><td>${amount(quantity * unitAmountMinor)}</td></tr>
`,
)}</tbody>
<tfoot><tr><th scope="row">Total</th><td colspan="3">${formatMoney(order.amountMinor, order.currency)}</td></tr></tfoot>
</table></div>`,
  });
}
