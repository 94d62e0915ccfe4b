import { inject } from 'vitest';
import type {} from './provided.ts';
import { noteMail } from './secrets-in-use.ts';
import { startSmtpSink, type MailSink } from './smtp-sink.ts';

export type { MailSink };

/** Starts a {@link MailSink} on a free port, or on the given one. The run searches its histories for what the emails contain. */
export function startMailSink(port = 0): Promise<MailSink> {
  return startSmtpSink({ port, received: (mail) => noteMail(inject('runFolder'), mail) });
}
