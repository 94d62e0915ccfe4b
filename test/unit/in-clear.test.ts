import { defaultPayloadConverter } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { describe, expect, it } from 'vitest';
import { inClear } from '../support/in-clear.ts';

describe('what the engine stores, in clear', () => {
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
