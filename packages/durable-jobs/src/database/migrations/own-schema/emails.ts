import { checksOf } from './checks.ts';

/** Emails, those of jobs and those that other programs insert. */
export const emailTables = `
  CREATE TABLE durable_jobs.emails (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    -- What makes two sendings the same email, such as 'welcome:<user id>'.
    key text NOT NULL DEFAULT 'message:' || gen_random_uuid() UNIQUE,
    template text NOT NULL DEFAULT 'message',
    -- Of the application: whom the email is for.
    user_id uuid,
    recipient text NOT NULL,
    message_id text NOT NULL DEFAULT gen_random_uuid() || '@durable-jobs',
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'sent', 'dead', 'withdrawn')),
    attempts integer NOT NULL DEFAULT 0,
    last_error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz,
    sender text NOT NULL DEFAULT 'service' CHECK (sender IN ('job', 'service')),
    subject text,
    body_text text,
    body_html text,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    -- Until then a worker is sending it.
    leased_until timestamptz,
    ${checksOf('emails', {
      times: ['created_at', 'next_attempt_at', 'leased_until', 'sent_at'],
      counts: ['attempts'],
    })}
  );
  CREATE INDEX emails_created ON durable_jobs.emails (created_at);
  CREATE INDEX emails_sent ON durable_jobs.emails (sent_at) WHERE sent_at IS NOT NULL;
  CREATE INDEX emails_due ON durable_jobs.emails (next_attempt_at) WHERE status = 'pending' AND sender = 'service';
  CREATE INDEX emails_unsent ON durable_jobs.emails (status, created_at DESC, id DESC) WHERE status <> 'sent';
  CREATE INDEX emails_user ON durable_jobs.emails (user_id) WHERE user_id IS NOT NULL;
  CREATE INDEX emails_recipient ON durable_jobs.emails (lower(recipient));

  -- An email of a job has a template's name and no content.
  CREATE FUNCTION durable_jobs.set_sender_of_email() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF NEW.template <> 'message' AND NEW.subject IS NULL AND NEW.body_text IS NULL AND NEW.body_html IS NULL THEN
      NEW.sender := 'job';
    END IF;
    RETURN NEW;
  END $$;
  CREATE TRIGGER emails_sender BEFORE INSERT ON durable_jobs.emails
  FOR EACH ROW EXECUTE FUNCTION durable_jobs.set_sender_of_email();

  -- PostgreSQL sends one notification for a transaction, however many rows it writes.
  CREATE FUNCTION durable_jobs.notify_pending_emails() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM pg_notify('pending_emails', '');
    RETURN NULL;
  END $$;
  CREATE TRIGGER emails_pending AFTER INSERT OR UPDATE OF status ON durable_jobs.emails
  FOR EACH ROW WHEN (NEW.status = 'pending' AND NEW.sender = 'service')
  EXECUTE FUNCTION durable_jobs.notify_pending_emails();

  -- A body that is too large for mail servers makes the email dead, with that as its error.
  CREATE TRIGGER emails_size BEFORE INSERT ON durable_jobs.emails FOR EACH ROW
  WHEN (octet_length(NEW.key) > 2000 OR octet_length(NEW.template) > 800 OR octet_length(NEW.recipient) > 2000
    OR octet_length(NEW.message_id) > 2000 OR octet_length(NEW.subject) > 16384)
  EXECUTE FUNCTION durable_jobs.refuse_large_row('template: 800 bytes, key, recipient and message_id: 2000, subject: 16 KiB');`;
