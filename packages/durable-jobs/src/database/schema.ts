import type { AccessTables } from '../access/tables.ts';
import type { BulkTables } from '../bulk/tables.ts';
import type { EmailTables } from '../emails/tables.ts';
import type { EncryptionTables } from '../encryption/tables.ts';
import type { HostedServiceTables } from '../hosted-services/tables.ts';
import type { RequestTables } from '../http/tables.ts';
import type { JobTables } from '../jobs/tables.ts';
import type { MessageTables } from '../messages/tables.ts';
import type { ScheduleTables } from '../schedules/tables.ts';
import type { WorkQueueTables } from '../work-queue/tables.ts';

/** Kysely types of all tables of the library. An application adds its own. */
export interface LibraryDatabase
  extends
    AccessTables,
    BulkTables,
    EmailTables,
    EncryptionTables,
    HostedServiceTables,
    JobTables,
    MessageTables,
    RequestTables,
    ScheduleTables,
    WorkQueueTables {}
