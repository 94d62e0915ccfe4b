import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { sendInvoiceReminder } from '../jobs/send-invoice-reminder.ts';

void test('an invoice is reminded of by one job', () => {
  const invoiceId = randomUUID();
  assert.equal(sendInvoiceReminder.businessKey({ invoiceId }), invoiceId);
  assert.throws(() => sendInvoiceReminder.input.parse({ invoiceId: 'none' }));
});
