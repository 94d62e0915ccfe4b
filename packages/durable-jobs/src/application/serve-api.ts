import { createApi } from '../api/create-api.ts';
import { openApi } from '../api/open-api.ts';
import type { OpenClient } from '../api/open-client.ts';
import type { ApiConfig } from '../config/config.ts';
import { createOnceWith } from '../jobs/create-once.ts';
import { apiMetricsPage } from '../metrics/page.ts';
import { createLogger } from '../telemetry/logger.ts';
import { startTracing } from '../telemetry/tracing.ts';
import type { Declared } from './declare.ts';
import { describeApi } from './describe-api.ts';
import { mountRouter, type MountedRouter } from './mount-router.ts';
import type { DurableJobsOptions } from './options.ts';

/** The API of an application, mounted in it. */
export interface ServedApi {
  router: MountedRouter['router'];
  /** Returns the metrics of this process and the jobs, in the text format of Prometheus. */
  metrics: () => Promise<string>;
  /** Refuses further requests, and resolves when open requests and the API's background work have ended. */
  stop: () => Promise<void>;
}

/**
 * Creates the API of an application from its definitions and the routes that it adds.
 * @throws {ConfigError} if the variables of tracing are not valid.
 */
export async function serveApi(
  routes: DurableJobsOptions['routes'],
  config: ApiConfig,
  declared: Declared,
  client: OpenClient,
): Promise<ServedApi> {
  const logger = createLogger('durable-jobs', config.LOG_LEVEL);
  const tracing = await startTracing('durable-jobs', process.env, logger);
  const api = openApi(config, logger, declared, client);
  const { resources } = api;
  const own = routes?.({ ...resources, createOnce: createOnceWith(resources) }) ?? {};
  const { updateRefusals = {} } = own;
  const description = describeApi(declared, own);
  const app = createApi({ ...resources, description, updateRefusals }, () => ({
    pages: own.pages ?? [],
    open: own.open ?? [],
    guarded: own.guarded ?? [],
    navigation: own.navigation ?? [],
  }));
  let watching: Promise<void> | undefined;
  const mounted = mountRouter(app, {
    trustsProxies: config.TRUST_PROXY_HOPS > 0,
    onFirst: () => {
      watching = api.watch().catch((error: unknown) => {
        logger.fatal({ err: error }, 'the API stopped and refuses requests');
        mounted.refuse();
      });
    },
  });
  return {
    router: mounted.router,
    metrics: apiMetricsPage({ ...resources, workKinds: resources.workKinds.kinds }, { ownNamesOnly: true }),
    async stop() {
      mounted.refuse();
      api.stop();
      await mounted.drain(config.API_SHUTDOWN_GRACE);
      await watching;
      await api.drain();
      await tracing.stop();
    },
  };
}
