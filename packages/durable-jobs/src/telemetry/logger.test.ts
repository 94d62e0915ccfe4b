import { describe, expect, it } from 'vitest';
import { createLogger, type Logger } from './logger.ts';
import { withLogFields } from './log-fields.ts';

/** Logs, and returns the lines as they were written. */
function linesOf(log: (logger: Logger) => void): string[] {
  const lines: string[] = [];
  log(createLogger('test', 'trace', { write: (line: string) => void lines.push(line) }));
  return lines;
}

const only = (log: (logger: Logger) => void): Record<string, unknown> =>
  JSON.parse(linesOf(log)[0] ?? '') as Record<string, unknown>;

describe('a log line', () => {
  it('says whose it is, and nothing of an earlier one', () => {
    const lines = linesOf((logger) =>
      withLogFields({ requestId: 'r' }, () => {
        logger.info({ once: true }, 'first');
        withLogFields({ jobId: 'j', attempt: 2 }, () => logger.info('second'));
        logger.info('third');
      }),
    ).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toMatchObject([
      { msg: 'first', requestId: 'r', once: true, level: 'info', service: 'test' },
      { msg: 'second', requestId: 'r', jobId: 'j', attempt: 2 },
      { msg: 'third', requestId: 'r' },
    ]);
    expect(lines[1]).not.toHaveProperty('once');
    expect(lines[2]).not.toHaveProperty('jobId');
  });

  it('keeps secrets and personal data back by their keys, however deep', () => {
    const line = only((logger) =>
      logger.info({ password: 'a', user: { email: 'b', name: 'c' }, body: { card: { paymentMethod: 'd' } } }),
    );
    expect(line).toMatchObject({
      password: '[redacted]',
      user: { email: '[redacted]', name: '[redacted]' },
      body: { card: { paymentMethod: '[redacted]' } },
    });
  });

  it.each([
    [
      'connect postgres://ada:se.cret@db:5432/jobs failed',
      'connect postgres://ada:[redacted]@db:5432/jobs failed',
    ],
    ['redis://:secret@cache/0', 'redis://:[redacted]@cache/0'],
    [
      'postgres://db/jobs?password=secret&sslmode=require',
      'postgres://db/jobs?password=[redacted]&sslmode=require',
    ],
    ['550 no mailbox ada+shop@mail.example.org here', '550 no mailbox [redacted] here'],
    ['<Ada@Example.com>', '<[redacted]>'],
    ['pm_card_visa was declined', '[redacted] was declined'],
    ['key sk_live_51Habc', 'key [redacted]'],
    ['Authorization: Bearer abc.def', 'Authorization: [redacted]'],
    [
      'http://shop.example/reset-password#token=q1w2e3',
      'http://shop.example/reset-password#token=[redacted]',
    ],
    [`wrong key djk_0123456789ab_${'x-'.repeat(21)}x.`, 'wrong key [redacted].'],
    ['https://s3/a?X-Amz-Signature=ab12&x=1', 'https://s3/a?X-Amz-Signature=[redacted]&x=1'],
    ['https://blob/a?refresh_token=t1&sig=ab12', 'https://blob/a?refresh_token=[redacted]&sig=[redacted]'],
    ['postgres://ada:p@ss/w@rd@db/jobs failed', 'postgres://ada:[redacted]@db/jobs failed'],
    ['see http://localhost:3000,mail@x', 'see http://localhost:3000,mail@x'],
    ['see http://localhost:3000/a?b=mail@x', 'see http://localhost:3000/a?b=mail@x'],
    ['order:17 sent as welcome.17@durable-jobs', 'order:17 sent as welcome.17@durable-jobs'],
  ])('keeps them back by their looks: %s', (text, expected) => {
    expect(only((logger) => logger.info(text)).msg).toBe(expected);
    expect(only((logger) => logger.warn({ err: new Error(text) }, 'failed')).err).toMatchObject({
      message: expected,
    });
  });

  it('shows of an error its kind, code and causes, and nothing that was hung on it', () => {
    const cause = Object.assign(new RangeError('too far'), {
      code: 'E_FAR',
      detail: 'Failing row contains (Ada)',
    });
    const line = only((logger) => logger.error({ error: new Error('failed', { cause }) }, 'x'));
    expect(line.error).toMatchObject({
      type: 'Error',
      message: 'failed',
      cause: { type: 'RangeError', message: 'too far', code: 'E_FAR' },
    });
    expect(JSON.stringify(line)).not.toContain('Failing row');
  });

  // A pattern that backtracks at each letter would take minutes, so this test would time out.
  it('costs no more than its length, whatever it holds', () => {
    const long = 'a.'.repeat(500_000);
    expect(linesOf((logger) => logger.info(long))).toHaveLength(1);
  });
});
