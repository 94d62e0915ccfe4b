import { z } from 'zod';
import { lineFault } from '../values/text.ts';
import { recipientAddress } from '../values/email-address.ts';
import { htmlOfText } from './plain-text.ts';
import type { OutgoingEmail } from './mailer.ts';

/** An email as its row has it. Anybody who can write rows wrote it, so nothing of it is believed. */
export interface StoredMessage {
  recipient: string;
  subject: string | null;
  bodyText: string | null;
  bodyHtml: string | null;
  messageId: string;
}

/** A row that can never be sent. Its message says why, and quotes nothing of the row. */
export class InvalidMessageError extends Error {
  override readonly name = 'InvalidMessageError';
}

const messageIdPattern = /^[^\s<>@\p{Cc}]+@[^\s<>@\p{Cc}]+$/u;

/** Whether a text can be a Message-ID, without its angle brackets. */
export const isMessageId = (text: string): boolean => text.length <= 250 && messageIdPattern.test(text);

const schema = z.object({
  recipient: recipientAddress,
  subject: z
    .string({ error: 'is missing' })
    .min(1, 'is missing')
    .max(500, 'must have at most 500 characters')
    // A tab is a character of a header (RFC 5322, 2.2).
    .superRefine((text, context) => {
      const message = lineFault(text.replaceAll('\t', ' '));
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    }),
  message_id: z
    .string()
    .refine(isMessageId, 'must be like local@domain, without angle brackets, and of 250 characters at most'),
});

/**
 * The email that a row describes: with HTML made of its text, if it has none.
 * @throws {InvalidMessageError} naming each column that is wrong.
 */
export function toEmail(stored: StoredMessage): OutgoingEmail {
  const parsed = schema.safeParse({
    recipient: stored.recipient,
    subject: stored.subject ?? undefined,
    message_id: stored.messageId,
  });
  const text = stored.bodyText ?? '';
  const html = stored.bodyHtml ?? '';
  const problems = parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${String(issue.path[0])}: ${issue.message}`);
  if (text === '' && html === '') problems.push('body_text: is missing, and so is body_html');
  if (!parsed.success || problems.length > 0) {
    throw new InvalidMessageError(`the email cannot be sent: ${problems.join('; ')}`);
  }
  const { recipient, subject, message_id: messageId } = parsed.data;
  return {
    to: recipient,
    subject,
    messageId,
    ...(text !== '' && { text }),
    html: html === '' ? htmlOfText(subject, text) : html,
  };
}
