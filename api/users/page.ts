import type { z } from 'zod';
import { facts, localTime, markup, nothing, type PageContent, section, table } from 'durable-jobs/html';
import { linkTo } from 'durable-jobs/http';
import type { EmailHead } from '../../domain/mail/emails-of.ts';
import { formatMoney } from '../../domain/money.ts';
import type { OrderHead } from '../orders/json.ts';
import { emailTable, orderBadge } from '../orders/pages.ts';
import type { userJson } from './docs.ts';

/** What a page about a user shows in addition to the user's JSON: the newest orders and emails. */
export interface UserPageData {
  user: z.output<typeof userJson>;
  orders: readonly OrderHead[];
  emails: readonly EmailHead[];
  /** Whether they have requested to reset their password, so that there is a job for it. */
  hasRequestedReset: boolean;
}

/** One user as a page of the console. */
export function userPage({ user, orders, emails, hasRequestedReset }: UserPageData): PageContent {
  const { id, links } = user;
  return {
    title: user.name,
    under: '/api/orders',
    above: markup`<a href="${linkTo('/api/orders')}">Orders</a> · User`,
    refreshSeconds: 15,
    content: markup`${section(
      'facts',
      'Facts',
      facts([
        ['Email address', user.email],
        ['Registered', localTime(user.createdAt)],
        ['Id', markup`<code>${id}</code>`],
      ]),
    )}
${section(
  'jobs',
  'Jobs',
  facts([
    ['Welcome email', markup`<a href="${links.welcomeEmailJob}">${idOf(links.welcomeEmailJob)}</a>`],
    [
      'Password reset',
      hasRequestedReset
        ? markup`<a href="${links.passwordResetJob}">${idOf(links.passwordResetJob)}</a>`
        : 'never requested',
    ],
  ]),
)}
${section(
  'orders',
  'Newest orders',
  orders.length === 0
    ? nothing('This user has not placed an order.')
    : markup`${table(
        'Newest orders',
        ['Order', 'Status', { name: 'Amount', kind: 'number' }, 'Placed', 'Job'],
        orders.map((order) => [
          markup`<a href="${order.links.self}">${order.id}</a>`,
          orderBadge(order.status),
          formatMoney(order.amount, order.currency),
          localTime(order.createdAt),
          markup`<a href="${order.links.job}">${order.jobId}</a>`,
        ]),
        { cards: true },
      )}<p class="more"><a href="${linkTo(`/api/orders?userId=${id}`)}">All orders of this user</a></p>`,
)}
${section(
  'emails',
  'Newest emails',
  markup`${emailTable(emails, 'No email to this user was written yet.')}${emails.length > 0 && markup`<p class="more"><a href="${linkTo(`/api/emails?userId=${id}`)}">All emails to this user</a></p>`}`,
)}`,
  };
}

function idOf(job: string): string {
  return job.split('/').at(-1) ?? '';
}
