import type { ColumnType, Generated } from 'kysely';
import type { CreatedAt } from '../database/columns.ts';
import type { Role } from '../http/roles.ts';

/** The tables of API keys, and of the audit trail, as Kysely sees them; the migrations are what makes them. */
export interface AccessTables {
  api_keys: {
    id: string;
    name: string;
    role: Role;
    secret_hash: string;
    created_at: CreatedAt;
    last_used_at: Date | null;
    expires_at: Date | null;
    revoked_at: Date | null;
  };
  audit_entries: {
    id: Generated<string>;
    at: CreatedAt;
    actor_id: string;
    actor_name: string;
    target: string;
    action: string | null;
    params: ColumnType<Record<string, string>, string | undefined, string>;
    reason: string | null;
    request_id: string | null;
    outcome: 'done' | 'refused' | 'failed' | null;
    status: number | null;
    problem_code: string | null;
    ended_at: Date | null;
  };
}
