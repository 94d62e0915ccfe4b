import type { Generated } from 'kysely';
import type { CreatedAt } from '../database/columns.ts';

/** Status of an email; `withdrawn` means that it was not sent because it was no longer true. */
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
    /** Its sender: the job that wrote it, or the service `pending-emails`. */
    sender: Generated<'job' | 'service'>;
    /** Subject of an email of the service; an email of a job is created from its template. */
    subject: string | null;
    bodyText: string | null;
    bodyHtml: string | null;
    nextAttemptAt: CreatedAt;
    leasedUntil: Date | null;
  };
}
