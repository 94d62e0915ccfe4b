import { defaultPayloadConverter } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { describe, expect, it } from 'vitest';
import { inClear } from '../support/in-clear.ts';
import { finder } from '../support/search-histories.ts';

describe('payloads in the engine, decrypted', () => {
  it('has the content of payloads, of messages as they come over the wire', () => {
    const { HistoryEvent } = temporal.api.history.v1;
    const event = HistoryEvent.decode(
      HistoryEvent.encode({
        workflowExecutionStartedEventAttributes: {
          input: { payloads: [defaultPayloadConverter.toPayload({ email: 'ada@example.com' })] },
          workflowId: 'send-welcome-email:1',
        },
      }).finish(),
    );
    expect(inClear([event])).toContain('{"email":"ada@example.com"}');
    expect(inClear([event])).toContain('send-welcome-email:1');
    expect(JSON.stringify(event)).not.toContain('ada@example.com');
  });
});

describe('the search for secrets and personal data', () => {
  const find = finder([]);

  it('goes through a megabyte without a break, and finds an address at its end', () => {
    const letters = 'x'.repeat(1_000_000);
    expect(find(letters)).toEqual([]);
    expect(find(`${letters}@mail.example.com`)).toEqual([
      { kind: 'address', text: `${'x'.repeat(64)}@mail.example.com` },
    ]);
  });

  it('finds an address in a sentence', () => {
    expect(find('the mail to ada+test@example.com was refused')).toEqual([
      { kind: 'address', text: 'ada+test@example.com' },
    ]);
  });
});
