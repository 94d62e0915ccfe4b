/** The connection to the mail server. */
export { createMailer, type Mailer, MailError, type OutgoingEmail } from './mailer.ts';
