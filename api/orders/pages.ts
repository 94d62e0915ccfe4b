import type { z } from 'zod';
import { emailBadge } from 'durable-jobs/emails';
import {
  actionButton,
  badge,
  facts,
  listPage,
  localTime,
  markup,
  type Markup,
  none,
  nothing,
  type PageContent,
  section,
  table,
  type Tone,
} from 'durable-jobs/html';
import { linkTo, type Page } from 'durable-jobs/http';
import { formatName } from 'durable-jobs/values';
import type { EmailHead } from '../../domain/mail/emails-of.ts';
import { formatMoney } from '../../domain/money.ts';
import { orderStatuses, unpaidOrderStatuses, type OrderStatus } from '../../domain/orders/order-status.ts';
import type { OrderHead, orderJson } from './json.ts';

const path = '/api/orders';

const tones: Record<OrderStatus, Tone> = {
  pending: 'busy',
  awaiting_payment_method: 'warn',
  paid: 'busy',
  completed: 'good',
  payment_failed: 'bad',
  cancelled: 'idle',
  refunding: 'busy',
  refunded: 'idle',
};

/** The list of orders as a page of the console. */
export function orderListPage(
  query: Readonly<Record<string, string>>,
  { items, nextCursor }: Page<OrderHead>,
): PageContent {
  return listPage({
    title: 'Orders',
    about: 'The orders of the shop, newest first. A job takes the payment of each.',
    path,
    query,
    fields: [
      { name: 'status', label: 'Status', options: orderStatuses },
      { name: 'userId', label: 'User' },
    ],
    columns: ['Order', 'Status', { name: 'Amount', kind: 'number' }, 'Placed', 'Changed', 'Failure'],
    rows: items.map((order) => [
      markup`<a href="${order.links.self}">${order.id}</a>`,
      orderBadge(order.status),
      formatMoney(order.amount, order.currency),
      localTime(order.createdAt),
      localTime(order.updatedAt),
      order.failure?.message ?? '',
    ]),
    nextCursor,
    empty: 'No order matches the search.',
  });
}

/** What a page about an order shows in addition to the order's JSON. */
export interface OrderPageData {
  order: z.output<typeof orderJson>;
  emails: readonly EmailHead[];
  /** Whether the customer's data was erased, so that there is no page about them. */
  isCustomerErased: boolean;
  /** Path of the invoice; undefined if there is none, or the reader may not open it. */
  invoice: string | undefined;
}

/** One order as a page of the console. */
export function orderPage({ order, emails, isCustomerErased, invoice }: OrderPageData): PageContent {
  const { payment, currency } = order;
  const money = (minor: number): string => formatMoney(minor, currency);
  const isUnpaid = unpaidOrderStatuses.includes(order.status);
  return {
    title: `Order ${order.id}`,
    above: markup`<a href="${linkTo(path)}">Orders</a>`,
    beside: orderBadge(order.status),
    refreshSeconds: 10,
    content: markup`${section(
      'facts',
      'Facts',
      markup`${order.failure !== null && markup`<p class="lead">${order.failure.message}</p>`}${facts([
        ['Amount', money(order.amount)],
        ['Placed', localTime(order.createdAt)],
        ['Changed', localTime(order.updatedAt)],
        ['Job', markup`<a href="${order.links.job}">${order.jobId}</a>`],
        [
          'Customer',
          isCustomerErased
            ? 'erased'
            : markup`<a href="${linkTo(`/api/users/${order.userId}`)}">${order.userId}</a>`,
        ],
        ['Invoice', invoice === undefined ? undefined : markup`<a href="${invoice}">Open the invoice</a>`],
      ])}${isUnpaid && markup`<p class="actions">${cancelButton(order.id)}</p>`}`,
    )}
${section(
  'items',
  'Items',
  table(
    'Items',
    ['SKU', ...['Quantity', 'Price', 'Amount'].map((name) => ({ name, kind: 'number' as const }))],
    order.items.map(({ sku, quantity, unitAmount }) => [
      sku,
      String(quantity),
      money(unitAmount),
      money(quantity * unitAmount),
    ]),
  ),
)}
${section(
  'payment',
  'Payment',
  markup`${facts([
    ['Paid', payment.paidAt === null ? 'not yet' : localTime(payment.paidAt)],
    ['Taken', money(payment.amountTaken)],
    ['Refunded', money(payment.amountRefunded)],
    ['At the provider', payment.intentId === null ? undefined : markup`<code>${payment.intentId}</code>`],
    ['Refund', payment.refundId === null ? undefined : markup`<code>${payment.refundId}</code>`],
  ])}
<h3>Attempts to charge</h3>
${attempts(payment.attempts)}`,
)}
${section('emails', 'Emails', emailTable(emails, 'No email about this order was written yet.'))}`,
  };
}

/** The status of an order, in its color. */
export function orderBadge(status: OrderStatus): Markup {
  return badge(tones[status], formatName(status));
}

/** A table of emails, each with a link to its page. */
export function emailTable(emails: readonly EmailHead[], empty: string): Markup {
  if (emails.length === 0) return nothing(empty);
  return table(
    'Emails',
    ['Email', 'Status', 'Created', 'Sent'],
    emails.map(({ id, template, status, createdAt, sentAt }) => [
      markup`<a href="${linkTo(`/api/emails/${id}`)}">${formatName(template)}</a>`,
      emailBadge(status),
      localTime(createdAt),
      sentAt === null ? '' : localTime(sentAt),
    ]),
    { cards: true },
  );
}

function attempts(list: z.output<typeof orderJson>['payment']['attempts']): Markup {
  if (list.length === 0) return nothing('No charge was attempted yet.');
  const toneOf = { succeeded: 'good', declined: 'warn', failed: 'bad' } as const;
  return table(
    'Attempts to charge',
    ['Attempt', 'Outcome', 'Began', 'Ended', 'Error'],
    list.map(({ number, outcome, startedAt, endedAt, error }) => [
      String(number),
      outcome === null ? badge('busy', 'in progress') : badge(toneOf[outcome], outcome),
      localTime(startedAt),
      endedAt === null ? none : localTime(endedAt),
      error?.message ?? '',
    ]),
    { cards: true },
  );
}

function cancelButton(id: string): Markup {
  return actionButton({
    label: 'Cancel',
    of: `order ${id}`,
    post: linkTo(`${path}/${id}/cancel`),
    question: 'Cancel this order?',
    isFinal: true,
  });
}
