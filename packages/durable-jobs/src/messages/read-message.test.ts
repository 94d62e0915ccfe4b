import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Message } from './broker/broker.ts';
import { InvalidMessageError, readMessage } from './read-message.ts';

const body = z.strictObject({
  city: z.enum(['Paris', 'Lyon']).transform((name) => name.toLowerCase()),
  parcels: z.int(),
});
const delivery = { city: 'Paris', parcels: 2 };

const message = (change: Partial<Message> = {}): Message => ({
  id: '6A1F3C52-3A7E-4A6C-8F0B-1D2F9F0F4C10',
  body: Buffer.from(JSON.stringify(delivery)),
  contentType: 'application/json; charset=utf-8',
  correlationId: null,
  properties: {},
  ...change,
});

describe('a message', () => {
  it('has its id, and the body as the schema parses it', () => {
    expect(readMessage(message(), body)).toEqual({
      id: '6A1F3C52-3A7E-4A6C-8F0B-1D2F9F0F4C10',
      body: { city: 'paris', parcels: 2 },
      correlationId: null,
      properties: {},
    });
  });
});

describe('a message that is refused', () => {
  it.each<[string, Partial<Message>, string, string]>([
    [
      'cannot be decoded',
      { isUnreadable: true },
      'unreadable_message',
      'It cannot be decoded as a message of AMQP 1.0.',
    ],
    [
      'has no id',
      { id: null },
      'missing_message_id',
      'It has no message-id, by which copies of it are recognized.',
    ],
    [
      'has a long id',
      { id: 'a'.repeat(256) },
      'invalid_message_id',
      'Its message-id must have at most 255 characters.',
    ],
    [
      'has an id with a line break',
      { id: 'a\nb' },
      'invalid_message_id',
      'Its message-id must be one line without control characters.',
    ],
    [
      'has no content type',
      { contentType: null },
      'unsupported_content_type',
      'Its content-type is not application/json in UTF-8.',
    ],
    [
      'has a large body',
      { body: Buffer.alloc(256 * 1024 + 1, ' ') },
      'body_too_large',
      'Its body has 262145 bytes; the limit is 262144.',
    ],
    ['is not JSON', { body: Buffer.from('{') }, 'invalid_json', 'Its body must be valid JSON.'],
    ['is not UTF-8', { body: Buffer.from([0x22, 0xff, 0x22]) }, 'invalid_json', 'Its body must be UTF-8.'],
    [
      'is nested too deep',
      { body: Buffer.from('['.repeat(33) + ']'.repeat(33)) },
      'validation_failed',
      'Its body must not be nested deeper than 32 levels.',
    ],
    [
      'has a value that is not valid',
      { body: Buffer.from(JSON.stringify({ ...delivery, parcels: 1.5 })) },
      'validation_failed',
      'parcels: Invalid input: expected int, received number',
    ],
    [
      'has fields that are not known',
      { body: Buffer.from(JSON.stringify({ ...delivery, parcels: 'two', other: 1 })) },
      'validation_failed',
      'parcels: Invalid input: expected number, received string; body: has unknown fields',
    ],
  ])('says why if it %s', (_what, change, code, reason) => {
    expect(() => readMessage(message(change), body)).toThrow(
      expect.objectContaining({ name: 'InvalidMessageError', code, message: reason }) as Error,
    );
  });

  it('has an id or a body beyond the limits', () => {
    const id = 'a'.repeat(255);
    const padding = ' '.repeat(256 * 1024 - JSON.stringify(delivery).length);
    const large = Buffer.from(JSON.stringify(delivery) + padding);
    expect(readMessage(message({ id, body: large }), body)).toMatchObject({ id, body: { parcels: 2 } });
  });

  it('names twenty faults at most, with their places', () => {
    const list = Buffer.from(JSON.stringify({ parcels: Array.from({ length: 30 }, () => 'two') }));
    const read = () => readMessage(message({ body: list }), z.strictObject({ parcels: z.array(z.int()) }));
    const fault = (n: number) => `parcels.${n}: Invalid input: expected number, received string`;
    const faults = Array.from({ length: 20 }, (_, n) => fault(n));
    expect(read).toThrow(new InvalidMessageError('validation_failed', faults.join('; ')));
  });

  it('says so of an id that was not UTF-8, which others would share', () => {
    expect(() => readMessage(message({ id: 'shop-\ufffd' }), body)).toThrow('Its message-id must be UTF-8.');
  });

  it.each<[string, Buffer]>([
    ['is not JSON', Buffer.from('{"secret":')],
    ['is not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['has a field that is not known', Buffer.from(JSON.stringify({ ...delivery, secret: 'secret' }))],
    ['has a value that is not valid', Buffer.from(JSON.stringify({ ...delivery, city: 'secret' }))],
    ['is something else', Buffer.from('"secret"')],
  ])('tells nothing of a body that %s', (_what, bytes) => {
    let error: unknown;
    try {
      readMessage(message({ body: bytes }), body);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(InvalidMessageError);
    expect(String(error)).not.toContain('secret');
  });
});

describe('any bytes as a body', () => {
  it('are parsed, or refused for a reason that programs know', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
      fc.json().map((json) => Buffer.from(json)),
      fc.json().map((json) => Buffer.from(json.slice(0, -1))),
    );
    fc.assert(
      fc.property(bytes, fc.string({ unit: 'binary' }), (body, id) => {
        try {
          expect(readMessage(message({ id, body }), z.record(z.string(), z.json())).id).toBe(id);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidMessageError);
          expect((error as InvalidMessageError).code).toMatch(/^[a-z_]+$/);
        }
      }),
    );
  });

  it('are what they mean in UTF-8, and nothing in UTF-16', () => {
    const text = fc.string({ unit: 'grapheme' });
    const fields = fc.dictionary(
      text.map((name) => `k${name}`),
      text,
    );
    fc.assert(
      fc.property(fields, (value) => {
        const read = (encoding: BufferEncoding) =>
          readMessage(
            message({ body: Buffer.from(JSON.stringify(value), encoding) }),
            z.record(z.string(), z.json()),
          ).body;
        expect(read('utf8')).toEqual(value);
        expect(() => read('utf16le')).toThrow(InvalidMessageError);
      }),
    );
  });

  it('are read as JSON only if their content type says so', () => {
    const types = [
      'application/json',
      'Application/JSON',
      'text/json',
      'application/jsonp',
      'application/xml',
      '',
    ];
    const charsets = [
      '',
      '; charset=utf-8',
      ';charset="UTF8"',
      '; charset=latin1',
      '; charset=utf-16',
      '; charset=',
    ];
    const contentType = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.tuple(fc.constantFrom(...types), fc.constantFrom(...charsets)).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(contentType, (contentType) => {
        const isRead = /^application\/json(;\s?charset="?utf-?8"?)?$/i.test(contentType);
        const read = () => readMessage(message({ contentType }), body);
        if (isRead) expect(read().body).toEqual({ city: 'paris', parcels: 2 });
        else expect(read).toThrow(InvalidMessageError);
      }),
      { numRuns: 300 },
    );
  });
});
