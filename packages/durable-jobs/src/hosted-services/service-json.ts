import { z } from 'zod';
import { serviceIds } from '../../../../contracts/services.ts';
import { time } from '../http/json.ts';
import type { ServiceView } from './read-services.ts';

/** A hosted service as JSON, see {@link ServiceView}. */
export const serviceJson = z
  .strictObject({
    id: z.enum(serviceIds),
    jobId: z.string(),
    description: z.string(),
    state: z.enum(['running', 'paused', 'waiting_for_worker']),
    busy: z.boolean().meta({ description: 'Whether it is at work, rather than waiting for some.' }),
    worker: z.string().nullable().meta({ description: 'The worker that runs it, or ran it last.' }),
    since: time.nullable(),
    processed: z.int().meta({ description: 'Units of work since the service exists.' }),
    failed: z.int(),
    lastActivityAt: time.nullable(),
    lastError: z.strictObject({ message: z.string(), at: time }).nullable(),
    pausedAt: time.nullable(),
    links: z.strictObject({ self: z.string(), job: z.string(), ui: z.string() }),
  })
  .meta({ id: 'HostedService' }) satisfies z.ZodType<ServiceView>;
