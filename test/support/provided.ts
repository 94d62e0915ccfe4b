import type { Part } from './servers/time-skipping-server.ts';
import type { RabbitMqPart } from './rabbitmq.ts';

/** What the global set-up starts or finds for the tests; each project has only what it needs, see global-setup.ts. */
export interface Provided {
  /** Removed after the run. Tests' temporary folders are in it, see temporary-folder.ts. */
  runFolder: string;
  /** An embedded PostgreSQL, as its superuser. Tests use copies of its template, see database.ts. */
  databaseUrl: string;
  /** A Temporal development server. */
  temporalAddress: string;
  temporalUiUrl: string;
  /** The sources, compiled for the processes that tests start, see build-sources.ts. */
  compiledSources: string;
  /** The bundle of all workflows, built once; beside it is the one for workers that encrypt payloads. */
  workflowBundlePath: string;
  /** An inbox with a page and an API, and the SMTP server that fills it. */
  smtpUrl: string;
  inboxUrl: string;
  /** A payment sandbox that all tests of the run share. */
  sandboxUrl: string;
  timeSkippingServer: Part;
  stripeMock: Part;
  chromium: Part;
  /** A RabbitMQ; each file makes itself a virtual host, see rabbitmq.ts. */
  rabbitMq: RabbitMqPart;
}

declare module 'vitest' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- vitest's way of declaring what is provided
  export interface ProvidedContext extends Provided {}
}
