/** Emails that are sent once. */
export { emailDocs } from './docs.ts';
export { emailBadge } from './pages.ts';
export { sendForJob } from './send-for-job.ts';
export { type KeyedEmail, sendOnce } from './send-once.ts';
