import { createApi } from '../api/create-api.ts';
import { openApi } from '../api/open-api.ts';
import type { OpenClient } from '../api/open-client.ts';
import type { ApiConfig } from '../config/config.ts';
import { createOnceWith } from '../jobs/create-once.ts';
import { createLogger } from '../telemetry/logger.ts';
import type { Declared } from './declare.ts';
import { describeApi } from './describe-api.ts';
import { mountRouter, type MountedRouter } from './mount-router.ts';
import type { DurableJobsOptions } from './options.ts';

/** The API of an application, mounted in it. */
export interface ServedApi {
  router: MountedRouter['router'];
  /** Refuses further requests, and resolves when those under way and the API's background work have ended. */
  stop: () => Promise<void>;
}

/** Makes the API of what an application declares, with the routes that it adds. */
export function serveApi(
  routes: DurableJobsOptions['routes'],
  config: ApiConfig,
  declared: Declared,
  client: OpenClient,
): ServedApi {
  const logger = createLogger('durable-jobs', config.LOG_LEVEL);
  const api = openApi(config, logger, declared, client);
  const { resources } = api;
  const own = routes?.({ ...resources, createOnce: createOnceWith(resources) }) ?? {};
  const { updateRefusals = {} } = own;
  const description = describeApi(declared, own);
  const app = createApi({ ...resources, description, updateRefusals }, () => ({
    pages: own.pages ?? [],
    open: own.open ?? [],
    guarded: own.guarded ?? [],
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
    async stop() {
      mounted.refuse();
      api.stop();
      await mounted.drain(config.API_SHUTDOWN_GRACE);
      await watching;
      await api.drain();
    },
  };
}
