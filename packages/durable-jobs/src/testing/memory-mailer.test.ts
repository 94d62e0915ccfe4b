import { describe, expect, it } from 'vitest';
import { MailError } from '../mail/mailer.ts';
import { createTestClock } from './clock.ts';
import { createMemoryMailer } from './memory-mailer.ts';

const email = (to = 'ada@example.com') => ({
  to,
  subject: 'Invoice',
  html: '<p>due</p>',
  messageId: 'invoice-1@shop.example',
});

describe('a memory mailer', () => {
  it('keeps what it is sent, with the time of the clock', async () => {
    const clock = createTestClock(new Date('2030-01-01T00:00:00Z'));
    const mailer = createMemoryMailer({ clock });
    await mailer.send(email());
    clock.advance('7d');
    await mailer.send(email('bob@example.com'));
    expect(mailer.sent).toMatchObject([
      { to: 'ada@example.com', sentAt: new Date('2030-01-01T00:00:00Z') },
      { to: 'bob@example.com', sentAt: new Date('2030-01-08T00:00:00Z') },
    ]);
    mailer.clear();
    expect(mailer.sent).toEqual([]);
  });

  it('fails as often as requested, like a mail server', async () => {
    const mailer = createMemoryMailer();
    mailer.fail({ times: 2 });
    for (const subject of ['first', 'second']) {
      const refused = mailer.send({ ...email(), subject });
      await expect(refused).rejects.toMatchObject({ permanent: false, fault: 'server' });
    }
    await mailer.send(email());
    expect(mailer.sent).toHaveLength(1);
  });

  it('refuses the emails of one address', async () => {
    const mailer = createMemoryMailer();
    mailer.fail({ to: 'ada@example.com', times: Infinity, permanent: true, fault: 'email' });
    await mailer.send(email('bob@example.com'));
    await expect(mailer.send(email())).rejects.toBeInstanceOf(MailError);
    await expect(mailer.send(email())).rejects.toMatchObject({ permanent: true, fault: 'email' });
    await mailer.check();
    mailer.recover();
    await mailer.send(email());
  });

  it('is unavailable while its server is, and accepts nothing once it is closed', async () => {
    const mailer = createMemoryMailer();
    mailer.fail();
    await expect(mailer.check()).rejects.toBeInstanceOf(MailError);
    mailer.recover();
    await mailer.check();
    mailer.close();
    await expect(mailer.send(email())).rejects.toThrow('closed');
  });
});

describe('a clock', () => {
  it('does not advance by itself', () => {
    const clock = createTestClock(new Date('2030-01-01T00:00:00Z'));
    const { now } = clock;
    expect(now()).toEqual(now());
    expect(clock.advance('90s')).toEqual(new Date('2030-01-01T00:01:30Z'));
    clock.set(new Date('2029-01-01T00:00:00Z'));
    expect(now()).toEqual(new Date('2029-01-01T00:00:00Z'));
    expect(() => clock.advance('soon')).toThrow();
  });
});
