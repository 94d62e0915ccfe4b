import { z } from 'zod';
import { time } from '../http/json.ts';
import type { AuditEntry } from './audit-entries.ts';

/** How a write may have ended. */
export const auditOutcomes = ['done', 'refused', 'failed', 'unknown'] as const;

/** An entry as JSON. */
export const auditEntryJson = z
  .strictObject({
    id: z.uuid(),
    at: time,
    who: z.strictObject({ id: z.string(), name: z.string() }),
    action: z.string().nullable().meta({ description: 'The method and route, or a command.' }),
    target: z.string().meta({ description: 'The requested path.' }),
    params: z.record(z.string(), z.string()),
    reason: z.string().nullable(),
    outcome: z.enum(auditOutcomes).meta({ description: '`unknown`: in progress, or its process died.' }),
    status: z.int().nullable(),
    code: z.string().nullable(),
    endedAt: time.nullable(),
    requestId: z.string().nullable(),
  })
  .meta({ id: 'AuditEntry' });

/** An entry as {@link auditEntryJson}. */
export function presentAuditEntry(entry: AuditEntry): z.output<typeof auditEntryJson> {
  return {
    id: entry.id,
    at: entry.at.toISOString(),
    who: { id: entry.actorId, name: entry.actorName },
    action: entry.action,
    target: entry.target,
    params: entry.params,
    reason: entry.reason,
    outcome: entry.outcome ?? 'unknown',
    status: entry.status,
    code: entry.problemCode,
    endedAt: entry.endedAt?.toISOString() ?? null,
    requestId: entry.requestId,
  };
}
