import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emailAddress, recipientAddress } from './email-address.ts';

describe('an email address', () => {
  it.each([
    ['ada@example.com', 'ada@example.com'],
    [' Ada.Lovelace+jobs@Example.COM ', 'ada.lovelace+jobs@example.com'],
    ['user@bücher.example', 'user@xn--bcher-kva.example'],
    ['user@BÜCHER.example', 'user@xn--bcher-kva.example'],
    ['user@bu\u0308cher.example', 'user@xn--bcher-kva.example'],
    ['user@xn--bcher-kva.example', 'user@xn--bcher-kva.example'],
    ['USER@XN--BCHER-KVA.EXAMPLE', 'user@xn--bcher-kva.example'],
    ['user@例え。テスト', 'user@xn--r8jz45g.xn--zckzah'],
    ['user@пример.рф', 'user@xn--e1afmkfd.xn--p1ai'],
  ])('%s is %s', (given, stored) => {
    expect(emailAddress.parse(given)).toBe(stored);
    expect(emailAddress.parse(stored)).toBe(stored);
  });

  it.each([
    'ada',
    'ada@',
    '@example.com',
    'ada@localhost',
    'a b@example.com',
    'ada@exa mple.com',
    'ada@[127.0.0.1]',
    'ada@127.0.0.1',
    'ada@bücher%2eexample',
    'ada@bü/cher.example',
    'ada@bü\ud800cher.example',
    'ada\0@example.com',
    'äda@example.com',
    'ada@example.com, eve@example.com',
    'ada@example.com\r\nBcc: eve@example.com',
    `ada@${'ü'.repeat(200)}.example`,
  ])('is refused as %j', (given) => {
    expect(emailAddress.safeParse(given).success).toBe(false);
  });
});

describe('any text as an address', () => {
  const local = fc.stringMatching(/^[A-Za-z0-9._+'-]{1,20}$/);
  const label = fc.oneof(
    fc.stringMatching(/^[A-Za-z0-9-]{1,20}$/),
    fc.string({ unit: 'grapheme', maxLength: 8 }),
  );
  const address = fc
    .tuple(local, fc.array(label, { minLength: 1, maxLength: 3 }))
    .map(([name, labels]) => `${name}@${labels.join('.')}`);

  it('is refused, or has one form that stays as it is', () => {
    fc.assert(
      fc.property(fc.oneof(address, fc.string({ unit: 'binary' })), (text) => {
        for (const schema of [emailAddress, recipientAddress]) {
          const read = schema.safeParse(text);
          if (!read.success) continue;
          expect(schema.parse(read.data)).toBe(read.data);
          expect(read.data).toMatch(/^[!-~]+@[!-~]+$/);
        }
      }),
      { numRuns: 500 },
    );
  });
});
