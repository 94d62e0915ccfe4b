import type { ColumnType, Generated } from 'kysely';
import type { CreatedAt } from '../database/columns.ts';
import type { Role } from '../http/roles.ts';

/** Kysely types of the tables of API keys, and of the audit trail. The migrations create the tables. */
export interface AccessTables {
  apiKeys: {
    id: string;
    name: string;
    role: Role;
    secretHash: string;
    createdAt: CreatedAt;
    lastUsedAt: Date | null;
    expiresAt: Date | null;
    revokedAt: Date | null;
  };
  auditEntries: {
    id: Generated<string>;
    at: CreatedAt;
    actorId: string;
    actorName: string;
    target: string;
    action: string | null;
    params: ColumnType<Record<string, string>, string | undefined, string>;
    reason: string | null;
    requestId: string | null;
    outcome: 'done' | 'refused' | 'failed' | null;
    status: number | null;
    problemCode: string | null;
    endedAt: Date | null;
  };
}
