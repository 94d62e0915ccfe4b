import { z } from 'zod';
import {
  empty,
  idempotencyHeaders,
  idParams,
  json,
  jsonBody,
  jsonOrPage,
  pageJson,
  type ResourceDocs,
  time,
} from 'durable-jobs/http';
import { orderHeadJson, orderJson } from './json.ts';
import { ordersQuery } from './schemas.ts';
import { orderBody } from '../../domain/orders/order-body.ts';
import { changePaymentMethodBody } from '../schemas.ts';
import { problems } from '../../contracts/problems.ts';
import { exampleIds } from '../../contracts/example-ids.ts';

const invoice = z
  .strictObject({
    number: z.string(),
    orderId: z.uuid(),
    currency: z.string(),
    amount: z.int().meta({ description: 'In minor units.' }),
    issuedAt: time,
    links: z.strictObject({ order: z.string() }),
  })
  .meta({ id: 'Invoice' });

const job = `process-order:${exampleIds.order}`;

const placed: z.output<typeof orderJson> = {
  id: exampleIds.order,
  userId: exampleIds.user,
  status: 'awaiting_payment_method',
  currency: 'eur',
  amount: 2598,
  items: [{ sku: 'BOOK-1', quantity: 2, unitAmount: 1299 }],
  payment: {
    intentId: 'pi_3Q8zVt2eZvKYlo2C',
    paidAt: null,
    amountTaken: 0,
    amountRefunded: 0,
    refundId: null,
    attempts: [
      {
        number: 1,
        paymentMethodRevision: 1,
        startedAt: '2026-03-02T09:16:00.120Z',
        endedAt: '2026-03-02T09:16:00.480Z',
        outcome: 'declined',
        error: { code: 'card_declined', message: 'Your card was declined.' },
      },
    ],
  },
  failure: null,
  createdAt: '2026-03-02T09:16:00.000Z',
  updatedAt: '2026-03-02T09:16:00.500Z',
  jobId: job,
  links: { self: `/api/orders/${exampleIds.order}`, job: `/api/jobs/${job}` },
};

/** An order in the examples, as it is placed. */
export const orderExample: z.input<typeof orderBody> = {
  userId: exampleIds.user,
  currency: 'EUR',
  items: [{ sku: 'BOOK-1', quantity: 2, unitAmount: 1299 }],
  paymentMethod: 'pm_card_visa',
};

/** API description of orders. */
export const orderDocs: ResourceDocs = {
  name: 'Orders',
  description:
    'Placing an order starts the job that takes its payment. Changes to the order are messages to that job.',
  routes: {
    'POST /api/orders': {
      id: 'createOrder',
      summary: 'Place an order',
      description: 'Stores the order and the start of the job that takes the payment in one transaction.',
      headers: idempotencyHeaders,
      body: jsonBody(orderBody, orderExample),
      answers: {
        201: json(
          'The order is placed.',
          z.strictObject({ id: z.uuid(), status: z.literal('pending'), jobId: z.string() }),
          { id: exampleIds.order, status: 'pending', jobId: job },
          { Location: 'The order.' },
        ),
      },
      problems: [problems.unknownUser, 'idempotencyKeyReused'],
    },
    'GET /api/orders': {
      id: 'listOrders',
      summary: 'List the orders, newest first',
      query: ordersQuery,
      answers: {
        200: jsonOrPage('A page of orders.', pageJson(orderHeadJson), {
          items: [orderHeadJson.strip().parse(placed)],
          nextCursor: null,
        }),
      },
    },
    'GET /api/orders/:id': {
      id: 'getOrder',
      summary: 'Read an order',
      params: idParams,
      answers: { 200: jsonOrPage('The order with every payment attempt.', orderJson, placed) },
      problems: ['notFound'],
    },
    'GET /api/orders/:id/invoice': {
      id: 'getInvoice',
      summary: 'Read the invoice of an order as HTML or JSON',
      description: '`Accept` selects the format; HTML by default.',
      access: 'operator',
      params: idParams,
      answers: {
        200: jsonOrPage('The invoice.', invoice, {
          number: 'INV-000042',
          orderId: exampleIds.order,
          currency: 'eur',
          amount: 2598,
          issuedAt: '2026-03-02T09:17:00.000Z',
          links: { order: `/api/orders/${exampleIds.order}` },
        }),
        304: empty('Not modified: the `ETag` matches `If-None-Match`.'),
      },
      problems: ['notFound', 'notAcceptable'],
    },
    'POST /api/orders/:id/cancel': {
      id: 'cancelOrder',
      summary: 'Cancel an order',
      description:
        'Possible until the payment is taken. Before the first charge has begun, the order is cancelled immediately, whether or not its job has started. If a charge is in progress, its result decides, and the response waits for it. The detail of a 503 says whether the job has accepted the request and will decide, or whether nothing was decided.',
      params: idParams,
      answers: { 200: json('The order is cancelled.', orderJson, { ...placed, status: 'cancelled' }) },
      problems: ['notFound', problems.orderAlreadyPaid, problems.orderClosed, 'engineUnavailable'],
    },
    'PUT /api/orders/:id/payment-method': {
      id: 'changePaymentMethod',
      summary: 'Set another payment method for an order whose card was declined',
      params: idParams,
      body: jsonBody(changePaymentMethodBody, { paymentMethod: 'pm_card_mastercard' }),
      answers: {
        202: json('The payment method is set and will be charged next.', orderJson, {
          ...placed,
          status: 'pending',
        }),
      },
      problems: [
        'notFound',
        problems.orderAlreadyPaid,
        problems.orderClosed,
        problems.orderNotAwaitingPaymentMethod,
        problems.tooManyPaymentMethods,
        'engineUnavailable',
      ],
    },
  },
};
