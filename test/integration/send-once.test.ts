import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { createMailer, MailError, type Mailer } from '../../packages/durable-jobs/src/mail/mailer.ts';
import {
  BeingSentError,
  sendOnce,
  type KeyedEmail,
} from '../../packages/durable-jobs/src/emails/send-once.ts';
import { gate } from '../support/gate.ts';
import { useService } from '../support/service.ts';

const service = useService({ workers: false });

const email = (): KeyedEmail => ({
  key: `welcome:${randomUUID()}`,
  template: 'welcome',
  content: { subject: 'Welcome', html: '<p>Hello</p>' },
  userId: null,
  recipient: 'ada@example.com',
});

const mailer = (send: () => Promise<unknown>): Mailer =>
  ({ send, close: () => undefined }) as unknown as Mailer;
const sends = mailer(() => Promise.resolve());

async function statusOf(key: string): Promise<string> {
  const row = await service.db
    .selectFrom('emails')
    .select('status')
    .where('key', '=', key)
    .executeTakeFirstOrThrow();
  return row.status;
}

/** Moves the end of an email's lease to some time from now, such as `20 seconds`, or before. */
async function setLease(key: string, fromNow: string): Promise<void> {
  await service.db
    .updateTable('emails')
    .set({ leasedUntil: sql<Date>`now() + ${fromNow}::interval` })
    .where('key', '=', key)
    .execute();
}

/** Like an attempt that was frozen, presumed lost, and continues when another one has sent the email. */
const sentMeanwhile = async (late: KeyedEmail): Promise<void> => {
  expect(await sendOnce(service.db, sends, late)).toMatchObject({ outcome: 'sent' });
};

it('leaves an email marked as sent that another attempt sent while this one found it untrue', async () => {
  const late = email();
  const outcome = await sendOnce(service.db, sends, {
    ...late,
    isTrue: async () => {
      await sentMeanwhile(late);
      return false;
    },
  });
  expect(outcome).toMatchObject({ outcome: 'sent' });
  expect(await statusOf(late.key)).toBe('sent');
});

it.each([true, false])('does the same if this one is permanently refused: %s', async (permanent) => {
  const late = email();
  const refused = mailer(async () => {
    await setLease(late.key, '-20 seconds');
    await sentMeanwhile(late);
    throw new MailError('550 no', permanent, undefined);
  });
  await expect(sendOnce(service.db, refused, late)).rejects.toThrow('550 no');
  expect(await statusOf(late.key)).toBe('sent');
});

it('sends to the address in the row, if the caller allows it', async () => {
  const first = email();
  const sentTo: string[] = [];
  const records = { ...sends, send: ({ to }: { to: string }) => Promise.resolve(void sentTo.push(to)) };
  const unreachable = mailer(() => Promise.reject(new MailError('421 later', false, undefined)));
  await expect(sendOnce(service.db, unreachable, first)).rejects.toThrow('421 later');
  await service.db
    .updateTable('emails')
    .set({ recipient: 'moved@example.com' })
    .where('key', '=', first.key)
    .execute();

  const withheld = { ...first, maySendTo: (recipient: string) => recipient !== 'moved@example.com' };
  expect(await sendOnce(service.db, records, withheld)).toMatchObject({ outcome: 'withheld' });
  expect(await statusOf(first.key)).toBe('pending');
  expect(await sendOnce(service.db, records, { ...first, maySendTo: () => true })).toMatchObject({
    outcome: 'sent',
  });
  expect(sentTo).toEqual(['moved@example.com']);
});

it("does not store a server's message about an address that was removed meanwhile", async () => {
  const late = email();
  const refused = mailer(async () => {
    await service.db
      .updateTable('emails')
      .set({ recipient: 'erased@erased.invalid' })
      .where('key', '=', late.key)
      .execute();
    throw new MailError('550 no ada@example.com here', true, undefined);
  });
  await expect(sendOnce(service.db, refused, late)).rejects.toThrow('550');
  const row = await service.db
    .selectFrom('emails')
    .select('lastError')
    .where('key', '=', late.key)
    .executeTakeFirstOrThrow();
  expect(row.lastError).toBeNull();
});

it('does not send an email while another attempt, which is presumed dead, may be handing it over', async () => {
  const slow = email();
  const sentBy: string[] = [];
  const second = mailer(() => Promise.resolve(void sentBy.push('second')));
  const first = mailer(async () => {
    const refusal: unknown = await sendOnce(service.db, second, slow).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(BeingSentError);
    // The refused attempt left the row to the first one.
    expect(await statusOf(slow.key)).toBe('pending');
    sentBy.push('first');
  });
  expect(await sendOnce(service.db, first, slow)).toMatchObject({ outcome: 'sent' });
  expect(await sendOnce(service.db, second, slow)).toMatchObject({ outcome: 'sent' });
  expect(sentBy).toEqual(['first']);
});

it('repeats an email with its Message-ID if it could not be marked as sent, and sends it no more once it is', async () => {
  const unmarked = email();
  const handedOver: (string | undefined)[] = [];
  const records: Mailer = {
    ...sends,
    send: ({ messageId }) => Promise.resolve(void handedOver.push(messageId)),
  };
  // The server accepts the email, and the database refuses to mark it.
  await sql`ALTER TABLE durable_jobs.emails ADD CONSTRAINT unmarked CHECK (status <> 'sent') NOT VALID`.execute(
    service.db,
  );
  const refusal: unknown = await sendOnce(service.db, records, unmarked).catch((error: unknown) => error);
  await sql`ALTER TABLE durable_jobs.emails DROP CONSTRAINT unmarked`.execute(service.db);
  expect(refusal).toMatchObject({ constraint: 'unmarked' });
  expect(await statusOf(unmarked.key)).toBe('pending');
  await expect(sendOnce(service.db, records, unmarked)).rejects.toBeInstanceOf(BeingSentError);
  expect(handedOver).toHaveLength(1);

  await setLease(unmarked.key, '-20 seconds');
  expect(await sendOnce(service.db, records, unmarked)).toMatchObject({ outcome: 'sent' });
  const messageId = `${unmarked.key.replace(':', '.')}@durable-jobs`;
  expect(handedOver).toEqual([messageId, messageId]);
  expect(await statusOf(unmarked.key)).toBe('sent');

  expect(await sendOnce(service.db, records, unmarked)).toMatchObject({ outcome: 'sent' });
  expect(handedOver).toHaveLength(2);
});

it('leaves an email to the attempt that hands it over when one wakes that was frozen for longer than its lease', async () => {
  const late = email();
  const began = gate();
  const frozenOneEnded = gate();
  const second = mailer(async () => {
    began.open();
    await frozenOneEnded.opened;
  });
  let handingOver: Promise<unknown> = Promise.resolve();
  const frozen = mailer(async () => {
    await setLease(late.key, '-20 seconds');
    handingOver = sendOnce(service.db, second, late);
    await began.opened;
    throw new MailError('554 no', true, undefined);
  });
  await expect(sendOnce(service.db, frozen, late)).rejects.toThrow('554 no');
  expect(await statusOf(late.key)).toBe('pending');
  await expect(sendOnce(service.db, sends, late)).rejects.toBeInstanceOf(BeingSentError);
  // It is not true any more, but is on its way.
  const untrue = { ...late, isTrue: () => Promise.resolve(false) };
  await expect(sendOnce(service.db, sends, untrue)).rejects.toBeInstanceOf(BeingSentError);
  frozenOneEnded.open();
  expect(await handingOver).toMatchObject({ outcome: 'sent' });
});

it('leaves an email to the attempt that hands it over when another one finds no free connection', async () => {
  const late = email();
  const withConnection = () => Promise.reject(new MailError('busy', false, undefined, 'server'));
  const busy = mailer(Object.assign(() => Promise.resolve(), { withConnection }));
  const hands = mailer(async () => {
    await expect(sendOnce(service.db, busy, late)).rejects.toThrow('busy');
    await expect(sendOnce(service.db, sends, late)).rejects.toBeInstanceOf(BeingSentError);
  });
  expect(await sendOnce(service.db, hands, late)).toMatchObject({ outcome: 'sent' });
});

it('does not send an email that another attempt sent while this one waited for a connection', async () => {
  const late = email();
  const sent: string[] = [];
  const send = () => Promise.resolve(void sent.push('late'));
  const withConnection: Mailer['send']['withConnection'] = async (use) => {
    await sentMeanwhile(late);
    await use(send);
  };
  const waits = mailer(Object.assign(() => Promise.resolve(), { withConnection }));
  await expect(sendOnce(service.db, waits, late)).rejects.toBeInstanceOf(BeingSentError);
  expect(await sendOnce(service.db, waits, late)).toMatchObject({ outcome: 'sent' });
  expect(sent).toEqual([]);
});

it('calls the `send` of a mailer that wraps another, whose own `send` has a pool of connections', async () => {
  const original = createMailer({ smtpUrl: 'smtp://127.0.0.1:1', from: 'shop@example.com' });
  const sent: string[] = [];
  const wrapper: Mailer = { ...original, send: ({ to }) => Promise.resolve(void sent.push(to)) };
  expect(await sendOnce(service.db, wrapper, email())).toMatchObject({ outcome: 'sent' });
  expect(sent).toEqual(['ada@example.com']);
  original.close();
});

it('sends an email again at once if it could not be handed over, and later if its sender died', async () => {
  const failed = email();
  const away = mailer(() => Promise.reject(new MailError('421 later', false, undefined)));
  await expect(sendOnce(service.db, away, failed)).rejects.toThrow('421 later');
  expect(await sendOnce(service.db, sends, failed)).toMatchObject({ outcome: 'sent' });

  const abandoned = email();
  await expect(sendOnce(service.db, away, abandoned)).rejects.toThrow('421 later');
  await setLease(abandoned.key, '20 seconds');
  const refusal: unknown = await sendOnce(service.db, sends, abandoned).catch((error: unknown) => error);
  expect((refusal as BeingSentError).retryAfterMs).toBeGreaterThan(2_000);
  expect((refusal as BeingSentError).retryAfterMs).toBeLessThanOrEqual(20_000);
  await setLease(abandoned.key, '-20 seconds');
  expect(await sendOnce(service.db, sends, abandoned)).toMatchObject({ outcome: 'sent' });
});

describe('the row of an email', () => {
  const rowOf = (key: string) =>
    service.db
      .selectFrom('emails')
      .select(['template', 'userId', 'recipient', 'sender', 'messageId'])
      .select(['status', 'attempts', 'lastError', 'sentAt', 'leasedUntil'])
      .where('key', '=', key)
      .executeTakeFirstOrThrow();
  const refusing = (message: string, permanent: boolean) =>
    mailer(() => Promise.reject(new MailError(message, permanent, undefined)));

  it('has what is sent, each attempt, and the last error until it is sent', async () => {
    const one: KeyedEmail = { ...email(), key: `reminder:${randomUUID()}/é ü` };
    await expect(sendOnce(service.db, refusing('421 later', false), one)).rejects.toThrow('421 later');
    const messageId = `${one.key.replace(':', '.').replace('/é ü', '....')}@durable-jobs`;
    const row = { template: 'welcome', userId: null, recipient: 'ada@example.com', sender: 'job', messageId };
    const failed = { ...row, status: 'pending', attempts: 1, lastError: '421 later' };
    expect(await rowOf(one.key)).toEqual({ ...failed, sentAt: null, leasedUntil: null });

    const received: unknown[] = [];
    const records = { ...sends, send: (message: unknown) => Promise.resolve(void received.push(message)) };
    const { emailId } = await sendOnce(service.db, records, one);
    expect(received).toEqual([{ ...one.content, to: 'ada@example.com', messageId }]);
    const { sentAt, ...sent } = await rowOf(one.key);
    expect(sent).toEqual({ ...row, status: 'sent', attempts: 2, lastError: null, leasedUntil: null });
    expect(sentAt).toBeInstanceOf(Date);
    expect(await sendOnce(service.db, records, one)).toEqual({ emailId, outcome: 'sent' });
    expect(await rowOf(one.key)).toMatchObject({ attempts: 2, sentAt });
  });

  it('is dead if the email is permanently refused, and the email is sent if that changes', async () => {
    const one = email();
    await expect(sendOnce(service.db, refusing('550 no', true), one)).rejects.toThrow('550 no');
    expect(await rowOf(one.key)).toMatchObject({ status: 'dead', attempts: 1, lastError: '550 no' });
    expect(await sendOnce(service.db, sends, one)).toMatchObject({ outcome: 'sent' });
  });

  it('is not dead after an error that is no refusal', async () => {
    const one = email();
    const broken = mailer(() => Promise.reject(Object.assign(new Error('a bug'), { permanent: true })));
    await expect(sendOnce(service.db, broken, one)).rejects.toThrow('a bug');
    expect(await rowOf(one.key)).toMatchObject({ status: 'pending', lastError: 'a bug' });
  });

  it('says that the email was withdrawn, which is asked of it once', async () => {
    const one = email();
    const asked: boolean[] = [];
    const isTrue = (answer: boolean) => () => Promise.resolve((asked.push(answer), answer));
    const none = mailer(() => Promise.reject(new Error('it was handed over')));
    const { emailId } = await sendOnce(service.db, sends, { ...email(), isTrue: isTrue(true) });
    expect(emailId).toEqual(expect.any(String));
    expect(await sendOnce(service.db, none, { ...one, isTrue: isTrue(false) })).toMatchObject({
      outcome: 'withdrawn',
    });
    expect(await rowOf(one.key)).toMatchObject({
      status: 'withdrawn',
      attempts: 0,
      lastError: 'Its content was no longer true.',
    });
    expect(await sendOnce(service.db, none, { ...one, isTrue: isTrue(true) })).toMatchObject({
      outcome: 'withdrawn',
    });
    expect(asked).toEqual([true, false]);
  });

  it('stays as another attempt has left it that withdrew the email at the same time', async () => {
    const one = email();
    const untrue = { ...one, isTrue: () => Promise.resolve(false) };
    const late = {
      ...one,
      isTrue: async () => {
        expect(await sendOnce(service.db, sends, untrue)).toMatchObject({ outcome: 'withdrawn' });
        return false;
      },
    };
    expect(await sendOnce(service.db, sends, late)).toMatchObject({ outcome: 'withdrawn' });
  });

  it('is leased for half a minute while the email is handed over', async () => {
    const one = email();
    const leases = mailer(async () => {
      const { seconds } = await service.db
        .selectFrom('emails')
        .select(sql<number>`extract(epoch FROM leased_until - now())::float8`.as('seconds'))
        .where('key', '=', one.key)
        .executeTakeFirstOrThrow();
      expect(seconds).toBeLessThanOrEqual(30);
      expect(seconds).toBeGreaterThan(10);
      const refusal: unknown = await sendOnce(service.db, sends, one).catch((error: unknown) => error);
      expect(refusal).toMatchObject({
        message: 'an earlier attempt may still be sending the email',
        permanent: false,
        fault: 'server',
      });
    });
    expect(await sendOnce(service.db, leases, one)).toMatchObject({ outcome: 'sent' });
  });

  it('is read again after a second at the earliest', async () => {
    const one = email();
    const briefly = mailer(async () => {
      await setLease(one.key, '400 ms');
      const refusal: unknown = await sendOnce(service.db, sends, one).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ retryAfterMs: 1_000 });
    });
    expect(await sendOnce(service.db, briefly, one)).toMatchObject({ outcome: 'sent' });
  });

  describe('whose attempt waits for a connection', () => {
    const busy = new MailError('busy', false, undefined, 'server');
    const waiting = (meanwhile: () => Promise<unknown>, then: 'busy' | 'free') =>
      mailer(
        Object.assign(() => Promise.reject(new Error('it was handed over')), {
          withConnection: async (use: (send: Mailer['send']) => Promise<void>) => {
            await meanwhile();
            if (then === 'busy') throw busy;
            await use(() => Promise.reject(new Error('it was handed over')));
          },
        }),
      );
    const withdraw = (one: KeyedEmail) =>
      sendOnce(service.db, sends, { ...one, isTrue: () => Promise.resolve(false) });

    it('counts it, with the reason, if none becomes free', async () => {
      const one = email();
      const none = waiting(() => Promise.resolve(), 'busy');
      await expect(sendOnce(service.db, none, one)).rejects.toThrow('busy');
      expect(await rowOf(one.key)).toMatchObject({ status: 'pending', attempts: 1, lastError: 'busy' });
    });

    it.each([
      ['sent', 1],
      ['withdrawn', 0],
    ] as const)('stays as it is if none becomes free, and it was %s meanwhile', async (status, attempts) => {
      const one = email();
      const end = status === 'sent' ? () => sentMeanwhile(one) : () => withdraw(one);
      await expect(sendOnce(service.db, waiting(end, 'busy'), one)).rejects.toThrow('busy');
      expect(await rowOf(one.key)).toMatchObject({ status, attempts });
    });

    it('is not handed over if it was withdrawn meanwhile', async () => {
      const one = email();
      const late = waiting(() => withdraw(one), 'free');
      await expect(sendOnce(service.db, late, one)).rejects.toBeInstanceOf(BeingSentError);
      expect(await sendOnce(service.db, late, one)).toMatchObject({ outcome: 'withdrawn' });
      expect(await rowOf(one.key)).toMatchObject({ status: 'withdrawn', attempts: 0 });
    });
  });
});
