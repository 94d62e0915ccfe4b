import { inject } from 'vitest';
import { compiled } from './compiled.ts';
import { appSecret, PUBLIC_RATE_LIMIT_PER_MINUTE, type Service } from './service.ts';
import { startServiceProcess, type ServiceProcess } from './service-process.ts';

export type { ServiceProcess };

/** What processes of a service share. */
export type Shared = Pick<
  Service,
  'databaseUrl' | 'temporalAddress' | 'namespace' | 'mail' | 'sandboxUrl' | 'atEnd'
>;

/** Starts a worker with the service's database, engine, mail and payments. Resolves when it is ready. */
export function startWorker(service: Shared, env: NodeJS.ProcessEnv = {}): Promise<ServiceProcess> {
  return start(service, 'worker', env);
}

/** Starts a worker of another application, whose source file build-sources.ts compiles. Resolves when it is ready. */
export function startOtherWorker(
  service: Shared,
  script: string,
  env: NodeJS.ProcessEnv = {},
): Promise<ServiceProcess> {
  return start(service, 'worker', env, compiled(script));
}

/** Starts an API that answers as many public requests as that of {@link Service}. Resolves when it responds, whether or not its engine does. */
export function startApi(service: Shared, env: NodeJS.ProcessEnv = {}): Promise<ServiceProcess> {
  return start(service, 'api', {
    PUBLIC_RATE_LIMIT_PER_MINUTE: String(PUBLIC_RATE_LIMIT_PER_MINUTE),
    ...env,
  });
}

/** Starts a process that does not outlive the tests of the file: one that fails may not stop it, and later files share this process. */
async function start(
  service: Shared,
  role: 'api' | 'worker',
  env: NodeJS.ProcessEnv,
  args?: readonly string[],
): Promise<ServiceProcess> {
  const started = await startServiceProcess({
    role,
    sources: inject('compiledSources'),
    ...(args && { args }),
    env: {
      DATABASE_URL: service.databaseUrl,
      TEMPORAL_ADDRESS: service.temporalAddress,
      TEMPORAL_NAMESPACE: service.namespace,
      APP_SECRET: appSecret,
      SMTP_URL: service.mail.url,
      STRIPE_API_KEY: 'sk_test_sandbox',
      STRIPE_API_URL: service.sandboxUrl,
      ...env,
    },
  });
  service.atEnd(started.stop);
  return started;
}
