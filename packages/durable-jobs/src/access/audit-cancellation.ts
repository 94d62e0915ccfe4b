import type { Trx } from '../database/connect.ts';
import { recordAuditEntry } from './audit-entries.ts';

/** Records a cancellation that a role of the database requested by SQL, in the transaction that ends it. */
export async function auditCancellation(
  trx: Trx,
  cancellation: { jobId: string; reason: string | null; requestedBy: string; outcome: string },
): Promise<void> {
  const { jobId, reason, requestedBy, outcome } = cancellation;
  await recordAuditEntry(trx, {
    actor: { id: 'sql', name: requestedBy },
    target: 'durable_jobs.cancel',
    action: 'durable_jobs.cancel',
    params: { id: jobId },
    reason: reason ?? undefined,
    outcome: outcome === 'withdrawn' || outcome === 'requested' ? 'done' : 'refused',
  });
}
