import { describe, expect, it } from 'vitest';
import { greetingOf } from './greeting.ts';
import { renderEmail } from './templates.ts';

const names = [
  'Ada',
  'Ada Lovelace',
  'J. R. R. Tolkien',
  "Seán O'Brien",
  'José-María',
  'Grace M. Hopper',
  '王小明',
  'Ольга Петрова',
];

const messages = [
  'Claim your prize at https://evil.example/win',
  'evil.example',
  'www.evil.example now',
  'evil@example.com',
  'Call 0900 123456',
  'Your account was closed, sign in again',
  'You have won a big prize today',
  '<a href="https://evil.example">x</a>',
  '<%= 6 * 7 %>',
  'Ada\r\nBcc: eve@example.com',
  'Ada\u2028evil',
  'A'.repeat(41),
  'evil．example',
  'Ada: click',
  '$$$',
  '',
];

const order = { orderId: 'o-1', total: 'EUR 9.00', items: [] };

/** Every email that greets its recipient. */
const emails = (name: string) => [
  renderEmail('welcome', { name }),
  renderEmail('password-reset', { name, token: 't', resetUrl: 'https://shop.example/#t', validMinutes: 60 }),
  renderEmail('order-receipt', { ...order, name, paidAt: '2026-01-02' }),
  renderEmail('payment-declined', { ...order, name, reason: 'expired card', until: '2026-01-02' }),
  renderEmail('payment-failed', { ...order, name }),
  renderEmail('order-cancelled', { ...order, name }),
  renderEmail('order-refunded', { ...order, name, reason: 'out of stock' }),
];

describe('an email', () => {
  it.each(names)('greets by name: %s', (name) => {
    expect(greetingOf(name)).toBe(`Hello ${name},`);
    for (const { text, subject } of emails(name)) {
      expect(text).toMatch(/^Hello /);
      expect(text).toContain(`Hello ${name},`);
      expect(subject).not.toContain(name);
    }
  });

  it.each(messages.filter((text) => text !== ''))('carries no message of another person: %j', (name) => {
    for (const { subject, text, html } of emails(name)) {
      expect(text).toMatch(/^Hello,\n/);
      for (const part of [subject, text, html]) expect(part).not.toContain(name);
      expect(html).not.toContain('evil');
    }
  });
});
