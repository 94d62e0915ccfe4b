import { z } from 'zod';
import { time } from '../http/json.ts';
import type { ServiceView } from './read-services.ts';
import type { ServiceRegistry } from './service-registry.ts';

const errorJson = z.strictObject({ message: z.string(), at: time });

const workerJson = z.strictObject({
  worker: z.string(),
  since: time,
  busy: z.boolean(),
  processed: z.int().meta({ description: 'Units of work since then.' }),
  failed: z.int(),
  lastActivityAt: time.nullable(),
  lastError: errorJson.nullable(),
});

/** One of these hosted services as JSON, see {@link ServiceView}. */
export const serviceJsonOf = ({ ids }: ServiceRegistry): z.ZodType<ServiceView> =>
  z
    .strictObject({
      id: z.enum(ids),
      jobId: z.string(),
      description: z.string(),
      state: z.enum(['running', 'paused', 'waiting_for_worker']),
      busy: z
        .boolean()
        .meta({ description: 'Whether the service is working, rather than waiting for work.' }),
      worker: z.string().nullable().meta({ description: 'The worker that runs it, or ran it last.' }),
      workers: z.array(workerJson).meta({
        description: 'The workers of a service that runs on every worker; empty for one that runs on one.',
      }),
      since: time.nullable(),
      processed: z.int().meta({ description: 'Units of work since the service was created.' }),
      failed: z.int(),
      lastActivityAt: time.nullable(),
      lastError: errorJson.nullable(),
      pausedAt: time.nullable(),
      links: z.strictObject({ self: z.string(), job: z.string(), ui: z.string() }),
    })
    .meta({ id: 'HostedService' });
