import { z } from 'zod';
import type { ShownFinding } from '../../domain/reconciliation/findings.ts';
import { linkTo, omitted, time } from 'durable-jobs/http';

/** A finding as JSON. */
export const findingJson = z
  .strictObject({
    id: z.uuid(),
    source: z.enum(['payments', 'maintenance']),
    kind: z.string().meta({ description: 'The kind of the finding, such as `refund_not_recorded`.' }),
    subject: z.string().meta({ description: 'The id of the resource that the finding is about.' }),
    status: z.enum(['open', 'resolved']),
    repair: z
      .string()
      .nullable()
      .meta({ description: 'The repair that was made; null if an operator has to resolve the finding.' }),
    details: z.record(z.string(), z.union([z.string(), z.number(), z.null()])).nullable(),
    omitted,
    firstSeenAt: time,
    lastSeenAt: time,
    resolvedAt: time.nullable(),
    links: z.strictObject({ order: z.string().nullable() }),
  })
  .meta({ id: 'Finding' });

/** Returns a finding as JSON: amounts in minor units, times in ISO 8601 UTC. */
export function presentFinding(finding: ShownFinding): z.output<typeof findingJson> {
  return {
    id: finding.id,
    source: finding.source,
    kind: finding.kind,
    subject: finding.subject,
    status: finding.resolvedAt === null ? 'open' : 'resolved',
    repair: finding.repair,
    details: finding.details,
    omitted: finding.omitted,
    firstSeenAt: finding.firstSeenAt.toISOString(),
    lastSeenAt: finding.lastSeenAt.toISOString(),
    resolvedAt: finding.resolvedAt?.toISOString() ?? null,
    links: { order: finding.orderId === null ? null : linkTo(`/api/orders/${finding.orderId}`) },
  };
}
