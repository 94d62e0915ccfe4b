/** The connection to the mail server. */
export { createMailer, type Mailer, MailError, type SendOptions } from './mailer.ts';
