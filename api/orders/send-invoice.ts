import type { Request, Response } from 'express';
import { invoiceNumber } from '../../domain/orders/invoice-page.ts';
import type { Invoice } from '../../domain/orders/invoices.ts';
import { Problem } from 'durable-jobs/http';

/** The media types of an invoice: the document, which is the default, and its figures. */
const representations: Record<string, (invoice: Invoice, response: Response) => unknown> = {
  'text/html': ({ document }, response) => response.type('html').send(document),
  'application/json': (invoice, response) =>
    response.json({
      number: invoiceNumber(invoice.number),
      orderId: invoice.orderId,
      currency: invoice.currency,
      amount: invoice.amountMinor,
      issuedAt: invoice.issuedAt.toISOString(),
      links: { order: `/api/orders/${invoice.orderId}` },
    }),
};

/** Answers with an invoice in the form that the client prefers. */
export function sendInvoice(request: Request, response: Response, invoice: Invoice): void {
  response.vary('Accept');
  const accepted = request.accepts(Object.keys(representations));
  const represent = accepted === false ? undefined : representations[accepted];
  if (!represent) {
    throw new Problem(
      'notAcceptable',
      `An invoice is available as ${Object.keys(representations).join(', ')}.`,
    );
  }
  // Once issued it never changes; it holds a customer's name.
  response.set('Cache-Control', 'private, no-cache');
  represent(invoice, response);
}
