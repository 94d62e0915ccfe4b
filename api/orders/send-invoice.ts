import type { Request, Response } from 'express';
import { invoiceContent, invoiceNumber } from '../../domain/orders/invoice-page.ts';
import type { Invoice } from '../../domain/orders/invoices.ts';
import { markup } from 'durable-jobs/html';
import { linkTo, representationFor, sendDocument } from 'durable-jobs/http';

/** Sends an invoice as the client prefers: the document, which is the default, or its figures. */
export function sendInvoice(request: Request, response: Response, invoice: Invoice): void {
  const type = representationFor(request, response, 'An invoice', ['text/html', 'application/json']);
  // Once issued, it never changes. It contains a customer's name.
  response.set('Cache-Control', 'private, no-cache');
  if (type === 'text/html') {
    sendDocument(request, response, {
      document: () => invoice.document,
      page: () => ({
        ...invoiceContent(invoice),
        above: markup`<a href="${linkTo(`/api/orders/${invoice.orderId}`)}">Order ${invoice.orderId}</a>`,
      }),
    });
  } else response.json(figuresOf(invoice));
}

function figuresOf(invoice: Invoice) {
  return {
    number: invoiceNumber(invoice.number),
    orderId: invoice.orderId,
    currency: invoice.currency,
    amount: invoice.amountMinor,
    issuedAt: invoice.issuedAt.toISOString(),
    links: { order: linkTo(`/api/orders/${invoice.orderId}`) },
  };
}
