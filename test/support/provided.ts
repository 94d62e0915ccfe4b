import type { Part } from './servers/time-skipping-server.ts';
import type { RabbitMqPart } from './rabbitmq.ts';

/** What the global set-up starts or finds for the tests. Each project only has what it needs, see global-setup.ts. */
export interface Provided {
  /** Removed after the run. The temporary folders of tests are in it, see temporary-folder.ts. */
  runFolder: string;
  /** An embedded PostgreSQL, as its superuser. Tests use copies of its template, see database.ts. */
  databaseUrl: string;
  /** A Temporal development server. */
  temporalAddress: string;
  temporalUiUrl: string;
  /** The sources, compiled for the processes that tests start, see build-sources.ts. */
  compiledSources: string;
  /** The bundle of all workflows, built once. The bundle for workers that encrypt payloads is next to it. */
  workflowBundlePath: string;
  /** An inbox with a page and an API, and its SMTP server. */
  smtpUrl: string;
  inboxUrl: string;
  /** A payment sandbox that all tests of the run share. */
  sandboxUrl: string;
  timeSkippingServer: Part;
  stripeMock: Part;
  chromium: Part;
  /** A RabbitMQ; each file creates a virtual host, see rabbitmq.ts. */
  rabbitMq: RabbitMqPart;
}

declare module 'vitest' {
  export interface ProvidedContext extends Provided {
    /** From vitest.config.ts, for the files that wait for their turn, see turn-runner.ts. */
    turns: { name: string; atATime: number };
  }
}
