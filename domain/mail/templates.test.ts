import { describe, expect, it } from 'vitest';
import { renderEmail } from './templates.ts';

const order = {
  name: 'Ada',
  orderId: 'o-1',
  total: 'EUR 9.00',
  items: [{ sku: 'tea', quantity: 2, amount: 'EUR 9.00' }],
};

describe('emails', () => {
  it('say the same in text and HTML', () => {
    const { subject, text, html } = renderEmail('order-receipt', {
      ...order,
      paidAt: '2026-01-02T03:04:05Z',
    });
    expect(subject).toBe('Receipt for order o-1');
    for (const body of [text, html]) {
      expect(body).toContain('EUR 9.00');
      expect(body).toContain('tea');
      expect(body).toContain('2026-01-02T03:04:05Z');
    }
  });

  it('escape foreign text in HTML, and leave it unchanged in text', () => {
    const { text, html } = renderEmail('order-refunded', {
      ...order,
      reason: '<script>alert(1)</script> & co',
    });
    expect(html).not.toContain('<script>');
    expect(html).toContain('&lt;script&gt;');
    expect(text).toContain('<script>alert(1)</script> & co');
  });

  it('never run foreign text as a template', () => {
    const reason = '<%= 6 * 7 %>';
    const { text, html } = renderEmail('order-refunded', { ...order, reason });
    expect(text).toContain(reason);
    expect(html).not.toContain('42');
  });

  it('keep a line break in a value out of the headers', () => {
    const { subject } = renderEmail('order-cancelled', { ...order, orderId: 'o-1\r\nBcc: eve@example.com' });
    expect(subject).not.toMatch(/[\r\n]/);
  });

  it('carry the reset token in the text, and in a link after the #, where servers do not log it', () => {
    const { text, html } = renderEmail('password-reset', {
      name: 'Ada',
      token: 'tok-123',
      resetUrl: 'https://example.com/reset-password#token=tok-123',
      validMinutes: 60,
    });
    expect(text).toContain('tok-123');
    expect(html).toContain('href="https://example.com/reset-password#token=tok-123"');
  });
});

it('the daily report lists its figures in text and HTML', () => {
  const { subject, text, html } = renderEmail('daily-report', {
    day: 'Sunday 30 March 2025',
    timeZone: 'Europe/Berlin',
    url: 'https://example.com/api/reports/1',
    facts: [{ label: 'Revenue in <EUR>', value: 'EUR 23.10' }],
  });
  expect(subject).toBe('Daily report: Sunday 30 March 2025');
  expect(text).toContain('Revenue in <EUR>: EUR 23.10');
  expect(html).toContain('Revenue in &lt;EUR&gt;');
  expect(html).toContain('EUR 23.10');
});
