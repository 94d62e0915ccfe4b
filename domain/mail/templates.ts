import { Eta } from 'eta';
import { greetingOf } from './greeting.ts';

/** The values of each template. If there is a `name`, the template has a `greeting` in its place. */
export interface TemplateData {
  welcome: { name: string };
  'password-reset': { name: string; resetUrl: string; token: string; validMinutes: number };
  'order-receipt': OrderData & { paidAt: string };
  'payment-declined': OrderData & { reason: string; until: string };
  'payment-failed': OrderData;
  'order-cancelled': OrderData;
  'order-refunded': OrderData & { reason: string };
  /** Days and amounts are already formatted. */
  'daily-report': { day: string; timeZone: string; url: string; facts: readonly Fact[] };
  'maintenance-report': MaintenanceData;
}

/** Values of every email about an order. */
export interface OrderData {
  name: string;
  orderId: string;
  /** Amounts are already formatted, such as `EUR 12.50`. */
  total: string;
  items: readonly { sku: string; quantity: number; amount: string }[];
}

/** A row of a table with two columns. */
export interface Fact {
  label: string;
  value: string;
}

/** Values of a maintenance report; times are already formatted. */
export interface MaintenanceData {
  startedAt: string;
  verdict: string;
  done: string;
  checked: string;
  /** Empty if all findings are listed. */
  more: string;
  /** The open findings. */
  facts: readonly Fact[];
}

/** The name of an email template. */
export type TemplateName = keyof TemplateData;

interface Template {
  subject: string;
  /** Paragraphs: the plain text contains them unchanged, the HTML with every value escaped. */
  paragraphs: readonly string[];
  action?: { label: string; url: string };
  items?: boolean;
  facts?: boolean;
  /** Paragraphs after everything else. */
  closing?: readonly string[];
}

const templates: Record<TemplateName, Template> = {
  welcome: {
    subject: 'Welcome',
    paragraphs: [
      '<%= it.greeting %>',
      'Your account is ready. You do not need to do anything else.',
      'If you did not register, please ignore this email.',
    ],
  },
  'password-reset': {
    subject: 'Reset your password',
    paragraphs: [
      '<%= it.greeting %>',
      'Someone requested a password reset for your account. To choose a new password, use this token within <%= it.validMinutes %> minutes. It works once:',
      '<%= it.token %>',
      'If you did not request this, please ignore this email. Your password stays the same.',
    ],
    action: { label: 'Choose a new password', url: '<%= it.resetUrl %>' },
  },
  'order-receipt': {
    subject: 'Receipt for order <%= it.orderId %>',
    paragraphs: [
      '<%= it.greeting %>',
      'Thank you for your order. We received <%= it.total %> on <%= it.paidAt %>.',
    ],
    items: true,
  },
  'payment-declined': {
    subject: 'Your card was declined: order <%= it.orderId %>',
    paragraphs: [
      '<%= it.greeting %>',
      'Your card was declined (<%= it.reason %>), and nothing was charged. Your order for <%= it.total %> will wait for another payment method until <%= it.until %>. After that, it will be cancelled.',
    ],
    items: true,
  },
  'payment-failed': {
    subject: 'Payment failed: order <%= it.orderId %>',
    paragraphs: [
      '<%= it.greeting %>',
      'We tried several times to collect your payment of <%= it.total %>, without success. Your order is closed, and you do not owe anything. If any money has left your account, it is being returned. Please place your order again.',
    ],
    items: true,
  },
  'order-cancelled': {
    subject: 'Order <%= it.orderId %> was cancelled',
    paragraphs: [
      '<%= it.greeting %>',
      'Your order for <%= it.total %> has been cancelled. If any money has left your account for it, it is being returned.',
    ],
    items: true,
  },
  'order-refunded': {
    subject: 'Refund for order <%= it.orderId %>',
    paragraphs: [
      '<%= it.greeting %>',
      'We could not complete your order (<%= it.reason %>). We have refunded <%= it.total %>.',
    ],
    items: true,
  },
  'daily-report': {
    subject: 'Daily report: <%= it.day %>',
    paragraphs: [
      'The figures for <%= it.day %> (<%= it.timeZone %>). The full report is attached as HTML and as CSV.',
    ],
    facts: true,
    closing: ['Programs can read it with an API key at <%= it.url %>'],
  },
  'maintenance-report': {
    subject:
      'Maintenance: <%= it.facts.length === 0 ? "nothing found" : it.facts.length + " open findings" %>',
    paragraphs: [
      'Maintenance run of <%= it.startedAt %>.',
      '<%= it.verdict %>',
      '<%= it.done %>',
      '<%= it.checked %>',
      '<%= it.more %>',
    ],
    facts: true,
  },
};

const text = new Eta({ autoEscape: false, cache: false });
const html = new Eta({ autoEscape: true, cache: false });

const htmlPage = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title><%= it.subject %></title></head>
<body style="font-family:system-ui,sans-serif;line-height:1.5;color:#1c1c1c;max-width:36rem;margin:2rem auto;padding:0 1rem">
<% for (const paragraph of it.paragraphs) { %><p style="overflow-wrap:anywhere"><%= paragraph %></p>
<% } %><% if (it.action) { %><p><a href="<%= it.action.url %>" style="background:#1f5fbf;color:#fff;padding:.6rem 1rem;border-radius:.4rem;text-decoration:none"><%= it.action.label %></a></p>
<% } %><% if (it.facts.length) { %><table style="border-collapse:collapse"><% for (const fact of it.facts) { %><tr><th align="left" style="font-weight:normal;padding:.2rem 2rem .2rem 0"><%= fact.label %></th><td align="right"><strong><%= fact.value %></strong></td></tr>
<% } %></table>
<% } %><% if (it.items.length) { %><table style="border-collapse:collapse"><tr><th align="left">Item</th><th align="right">Quantity</th><th align="right">Amount</th></tr>
<% for (const item of it.items) { %><tr><td style="padding-right:2rem"><%= item.sku %></td><td align="right"><%= item.quantity %></td><td align="right" style="padding-left:2rem"><%= item.amount %></td></tr>
<% } %></table>
<% } %><% for (const paragraph of it.closing) { %><p style="overflow-wrap:anywhere"><%= paragraph %></p>
<% } %></body></html>
`;

const textPage = `<%= it.paragraphs.join('\\n\\n') %>

<% if (it.facts.length) { %>

<% } %><% for (const fact of it.facts) { %><%= fact.label %>: <%= fact.value %>

<% } %><% if (it.action) { %><%= it.action.label %>: <%= it.action.url %>

<% } %><% for (const item of it.items) { %><%= item.quantity %> x <%= item.sku %>  <%= item.amount %>

<% } %><% for (const paragraph of it.closing) { %>

<%= paragraph %>

<% } %>`;

/** Fills a template: the subject, the plain text and the HTML of one email. */
export function renderEmail<T extends TemplateName>(
  name: T,
  data: TemplateData[T],
): { subject: string; text: string; html: string } {
  const template: Template = templates[name];
  // Values are inserted unescaped here: the HTML page escapes the finished paragraphs.
  const { name: addressee, ...values } = { name: '', ...data };
  const filling = { ...values, greeting: greetingOf(addressee) };
  const fill = (source: string): string => text.renderString(source, filling);
  const content = {
    // A line break in a value must not begin another header.
    subject: fill(template.subject).replace(/[\r\n]+/g, ' '),
    paragraphs: template.paragraphs.map(fill).filter((paragraph) => paragraph !== ''),
    action: template.action && { label: template.action.label, url: fill(template.action.url) },
    items: template.items ? (data as OrderData).items : [],
    closing: (template.closing ?? []).map(fill),
    facts: template.facts ? (data as TemplateData['daily-report']).facts : [],
  };
  return {
    subject: content.subject,
    text: text.renderString(textPage, content),
    html: html.renderString(htmlPage, content),
  };
}
