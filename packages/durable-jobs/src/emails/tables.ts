import type { Generated } from 'kysely';
import type { CreatedAt } from '../database/columns.ts';

/** Where an email is; `withdrawn` is one that was not sent because it was not true any more. */
export type EmailStatus = (typeof emailStatuses)[number];
export const emailStatuses = ['pending', 'sent', 'dead', 'withdrawn'] as const;

/** Kysely types of the tables of emails. The migrations create the tables. */
export interface EmailTables {
  emails: {
    id: Generated<string>;
    key: Generated<string>;
    template: Generated<string>;
    userId: string | null;
    recipient: string;
    messageId: Generated<string>;
    status: Generated<EmailStatus>;
    attempts: Generated<number>;
    lastError: string | null;
    createdAt: CreatedAt;
    sentAt: Date | null;
    /** Who sends it: the job that wrote it, or the service `pending-emails`. */
    sender: Generated<'job' | 'service'>;
    /** What the service sends; an email of a job is made of its template. */
    subject: string | null;
    bodyText: string | null;
    bodyHtml: string | null;
    nextAttemptAt: CreatedAt;
    leasedUntil: Date | null;
  };
}
