import { actionButton } from '../html/action-button.ts';
import { badge, facts, section, type Tone } from '../html/elements.ts';
import type { PageContent } from '../html/frame.ts';
import { listPage } from '../html/list-page.ts';
import { markup, type Markup } from '../html/markup.ts';
import { localTime, withTimes } from '../html/times.ts';
import { linkTo } from '../http/mount.ts';
import type { Page } from '../http/paging.ts';
import type { EmailView } from './json.ts';
import { emailStatuses, type EmailStatus } from './tables.ts';

const path = '/api/emails';
const tones: Record<EmailStatus, Tone> = { pending: 'busy', sent: 'good', dead: 'bad', withdrawn: 'idle' };

/** The status of an email, in its color. */
export function emailBadge(status: EmailStatus): Markup {
  return badge(tones[status], status);
}

/** The list of emails as a page. */
export function emailListPage(
  query: Readonly<Record<string, string>>,
  { items, nextCursor }: Page<EmailView>,
): PageContent {
  return listPage({
    title: 'Emails',
    about: 'Emails that jobs or other programs wrote. Their content and full recipients are not shown.',
    path,
    query,
    fields: [
      { name: 'status', label: 'Status', options: emailStatuses },
      { name: 'sender', label: 'Sent by', options: ['job', 'service'] },
      { name: 'userId', label: 'User', onlyIfSet: true },
    ],
    columns: ['Email', 'Status', 'Recipient', 'Created', 'Sent', { name: 'Actions', kind: 'buttons' }],
    rows: items.map((email) => [
      markup`<a href="${email.links.self}">${email.template}</a>`,
      emailBadge(email.status),
      email.recipient,
      localTime(email.createdAt),
      email.sentAt === null ? '' : localTime(email.sentAt),
      requeueButton(email) ?? '',
    ]),
    nextCursor,
    empty: 'No email matches the search.',
  });
}

/** One email as a page. */
export function emailPage(email: EmailView): PageContent {
  return {
    title: email.template,
    above: markup`<a href="${linkTo(path)}">Emails</a>`,
    beside: emailBadge(email.status),
    refreshSeconds: email.status === 'pending' ? 10 : undefined,
    content: section(
      'facts',
      'Facts',
      markup`${facts([
        ['Recipient', email.recipient],
        ['Sent by', email.sender === 'job' ? 'the job that wrote it' : 'the service pending-emails'],
        ['Message-ID', email.messageId === null ? undefined : markup`<code>${email.messageId}</code>`],
        ['Attempts', String(email.attempts)],
        ['Last error', email.lastError === null ? undefined : withTimes(email.lastError)],
        ['Created', localTime(email.createdAt)],
        ['Next attempt', email.nextAttemptAt === null ? undefined : localTime(email.nextAttemptAt)],
        ['Sent', email.sentAt === null ? undefined : localTime(email.sentAt)],
      ])}<p class="actions">${requeueButton(email)}</p>`,
    ),
  };
}

function requeueButton({ id, status, sender, links }: EmailView): Markup | undefined {
  if (status !== 'dead' || sender !== 'service') return undefined;
  return actionButton({
    label: 'Requeue',
    of: id,
    post: `${links.self}/requeue`,
    question: 'Send this email again?',
  });
}
