import type { Finding } from '../platform/repositories/findings.ts';

/** A finding as JSON: amounts in minor units, times in ISO 8601 UTC. */
export function presentFinding(finding: Finding) {
  return {
    id: finding.id,
    source: finding.source,
    kind: finding.kind,
    subject: finding.subject,
    status: finding.resolved_at === null ? 'open' : 'resolved',
    repair: finding.repair,
    details: finding.details,
    firstSeenAt: finding.first_seen_at.toISOString(),
    lastSeenAt: finding.last_seen_at.toISOString(),
    resolvedAt: finding.resolved_at?.toISOString() ?? null,
    links: { order: finding.order_id === null ? null : `/api/orders/${finding.order_id}` },
  };
}
