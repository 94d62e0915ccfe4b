import { setCurrentDetails } from '@temporalio/workflow';
import type { EmailActivities } from '../activities/emails.ts';
import type { SendWelcomeEmailInput, SendWelcomeEmailResult } from '../contracts/jobs/send-welcome-email.ts';
import { proxyCountedActivities } from 'durable-jobs/workflow';
import { emailOptions } from './policies.ts';

const emails = proxyCountedActivities<EmailActivities>(emailOptions);

/** Welcomes a new user. */
export async function sendWelcomeEmail({ userId }: SendWelcomeEmailInput): Promise<SendWelcomeEmailResult> {
  setCurrentDetails('Sending the welcome email.');
  const { emailId } = await emails.sendWelcomeEmail({ userId });
  setCurrentDetails('The welcome email was sent.');
  return { emailId };
}
