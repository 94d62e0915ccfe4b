import { describe, expect, it } from 'vitest';
import type { Message } from '../../../packages/durable-jobs/src/messages/broker/broker.ts';
import { InvalidMessageError, orderIdOf, readOrderMessage } from './order-message.ts';

const order = {
  userId: '8b5c3a4e-0d4f-4c57-9b0e-2f6f6f6f6f6f',
  currency: 'EUR',
  items: [{ sku: 'tea', quantity: 2, unitAmount: 450 }],
  paymentMethod: 'pm_card_visa',
};

const message = (change: Partial<Message> = {}): Message => ({
  id: '6A1F3C52-3A7E-4A6C-8F0B-1D2F9F0F4C10',
  body: Buffer.from(JSON.stringify(order)),
  contentType: 'application/json; charset=utf-8',
  correlationId: null,
  properties: {},
  ...change,
});

describe('the order of a message', () => {
  it('has the id of the message where that is a UUID, in lower case', () => {
    expect(readOrderMessage(message())).toMatchObject({
      orderId: '6a1f3c52-3a7e-4a6c-8f0b-1d2f9f0f4c10',
      order: { currency: 'eur', amountMinor: 900 },
    });
  });

  it('has an id that is made from any other message id, the same every time', () => {
    // Never changes: messages that come again find their order by it.
    expect(orderIdOf('shop-42')).toBe('7eef4ac4-57d4-87f9-8ce9-22b1e69b2f3c');
    expect(orderIdOf('shop-42')).not.toBe(orderIdOf('shop-43'));
    expect(orderIdOf('00000000-0000-f000-0000-000000000001')).toMatch(/^.{14}8/);
  });
});

describe('a message that is refused', () => {
  it('says so of an id that was not UTF-8, which others would share', () => {
    expect(() => readOrderMessage(message({ id: 'shop-\ufffd' }))).toThrow('Its message-id must be UTF-8.');
  });

  it.each<[string, Buffer]>([
    ['is not JSON', Buffer.from('{"secret":')],
    ['is not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['has a field that is not known', Buffer.from(JSON.stringify({ ...order, secret: 'secret' }))],
    ['has a value that is not valid', Buffer.from(JSON.stringify({ ...order, currency: 'secret' }))],
    ['is something else', Buffer.from('"secret"')],
  ])('tells nothing of a body that %s', (_what, body) => {
    let error: unknown;
    try {
      readOrderMessage(message({ body }));
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(InvalidMessageError);
    expect(String(error)).not.toContain('secret');
  });
});
