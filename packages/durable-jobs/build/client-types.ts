/**
 * Writes the types of `durable-jobs/client`, which are generated from the OpenAPI document of the library without an application:
 * `npm run client-types`.
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import openapiTypes, { astToString } from 'openapi-typescript';
import { format, resolveConfig } from 'prettier';
import { z } from 'zod';
import { describeApi } from '../src/application/describe-api.ts';
import { defineBulkTask } from '../src/bulk/define-task.ts';
import { createBulkTaskRegistry } from '../src/bulk/task-registry.ts';
import { defineService } from '../src/hosted-services/define-service.ts';
import { createServiceRegistry } from '../src/hosted-services/service-registry.ts';
import { createApiDocument } from '../src/http/openapi/document.ts';
import { createJobRegistry } from '../src/jobs/registry.ts';
import { defineJob } from '../src/jobs/run/define-job.ts';
import { defineWorkItem } from '../src/work-queue/define-work-item.ts';
import { createWorkKinds } from '../src/work-queue/work-kinds.ts';

/** Where the generated types are. */
export const clientTypesFile = fileURLToPath(new URL('../src/client/openapi.ts', import.meta.url));

/** Stands in the document for the names that an application gives to its jobs, tasks, kinds and services. */
const ANY = 'any';

const anything = z.record(z.string(), z.unknown());

/** Describes the API of an application of which nothing is known. */
function anyApplication(): unknown {
  const description = 'Whatever the application defines.';
  const job = defineJob({
    type: ANY,
    description,
    input: anything,
    key: () => ANY,
    run: () => Promise.resolve(),
  });
  const api = describeApi(
    {
      jobs: createJobRegistry([job]),
      bulkTasks: createBulkTaskRegistry({
        tasks: [defineBulkTask({ name: ANY, description, item: anything })],
      }),
      services: createServiceRegistry([defineService({ id: ANY, description, channel: ANY })]),
      workKinds: createWorkKinds([defineWorkItem({ kind: ANY, description, payload: anything })]),
    },
    {},
  );
  // `StartJob_any` is `StartJob` if there is one alone.
  const document = JSON.stringify(createApiDocument(api)).replaceAll(`_${ANY}"`, '"');
  return JSON.parse(document, withAnyName);
}

/** Lets a schema that takes the stand-in alone take every name, and a problem have a code of the application's own. */
function withAnyName(key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const schema = value as { const?: unknown; enum?: unknown; discriminator?: unknown };
  // There is one alternative, whatever its name.
  delete schema.discriminator;
  const names = Array.isArray(schema.enum) ? schema.enum : [schema.const];
  if (names.includes(ANY) || (key === 'code' && names.includes('not_found'))) {
    delete schema.const;
    delete schema.enum;
  }
  return value;
}

/** The types as TypeScript. */
export async function clientTypes(): Promise<string> {
  const types = astToString(await openapiTypes(anyApplication() as never));
  const head =
    '/* eslint-disable */\n/** Generated from the OpenAPI document by `npm run client-types`. */\n';
  return format(head + types, {
    ...(await resolveConfig(clientTypesFile)),
    filepath: clientTypesFile,
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(clientTypesFile, await clientTypes());
