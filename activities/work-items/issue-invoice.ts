import { issueInvoice as declared } from '../../contracts/work-items.ts';
import { defineWorkItem } from 'durable-jobs/define';
import { closedOrderStatuses } from '../../domain/orders/order-status.ts';
import { invoiceNumber, invoicePage } from '../../domain/orders/invoice-page.ts';
import { findInvoice, insertInvoice, readInvoiceSubject } from '../../domain/orders/invoices.ts';
import { WorkError } from 'durable-jobs/work-queue';

/**
 * Creates the invoice of a completed order. An order has one invoice, however often it is requested: the order's row is locked, and a
 * second item finds the invoice.
 */
export const issueInvoice = defineWorkItem({
  ...declared,
  async apply(trx, { orderId }) {
    const subject = await readInvoiceSubject(trx, orderId);
    if (!subject) throw new WorkError('unknown_order', 'The order does not exist.', { permanent: true });
    const existing = await findInvoice(trx, orderId);
    if (existing) return { number: invoiceNumber(existing.number) };
    const { status } = subject.order;
    if (status !== 'completed') {
      throw new WorkError('order_not_completed', `The order is ${status}.`, {
        permanent: closedOrderStatuses.includes(status),
      });
    }
    if (subject.customer.erasedAt !== null) {
      throw new WorkError('customer_erased', 'The customer was erased, so it cannot be issued to anyone.', {
        permanent: true,
      });
    }
    const { number } = await insertInvoice(trx, subject.order, (head) =>
      invoicePage({ ...subject, ...head }),
    );
    return { number: invoiceNumber(number) };
  },
});
