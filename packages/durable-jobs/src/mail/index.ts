/** The connection to the mail server. */
export { createMailer, type Mailer, MailError } from './mailer.ts';
