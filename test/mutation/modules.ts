/** What `npm run mutation` changes. */

const library = 'packages/durable-jobs/src';

const inFolder = (folder: string, ...names: string[]): string[] =>
  names.map((name) => `${folder}/${name}.ts`);

/** A module that is changed. */
export interface MutatedModule {
  /** As paths from the project's root. */
  files: readonly string[];
  /**
   * The tests of `test/integration` that judge it, by their names, with a PostgreSQL and a Temporal server. By default, the unit tests that
   * import one of its files do.
   */
  integration?: readonly string[];
}

/** What each module consists of; the most important module first. */
export const mutatedModules: Readonly<Record<string, MutatedModule>> = {
  encryption: {
    files: [
      ...inFolder(`${library}/encryption`, 'payload-codec', 'payload-format'),
      ...inFolder(`${library}/encryption`, 'seal', 'reveal', 'place', 'place-in-answer'),
      `${library}/values/key-ring.ts`,
    ],
  },
  access: {
    files: [
      ...inFolder(`${library}/access`, 'api-key', 'authenticate', 'authorize', 'lockout', 'sessions'),
      ...inFolder(`${library}/access`, 'key-directory', 'local-key', 'local-path', 'same-origin'),
    ],
  },
  policies: {
    files: [
      'workflows/policies.ts',
      ...inFolder(`${library}/jobs/workflow`, 'policies'),
      ...inFolder(`${library}/jobs/run`, 'retry'),
      ...inFolder(`${library}/jobs`, 'job-definition', 'job-key'),
    ],
  },
  effects: {
    files: inFolder(`${library}/emails`, 'send-once'),
    integration: ['send-once'],
  },
  outbox: {
    files: inFolder(`${library}/jobs/outbox`, 'record-outcome', 'withdraw', 'claimed-entries', 'expiry'),
    integration: ['outbox-entries'],
  },
  claims: {
    files: inFolder(`${library}/work-queue`, 'due-items', 'batch', 'attempt'),
    integration: ['due-items', 'work-attempts', 'work-turns'],
  },
  idempotency: {
    files: inFolder(library, 'http/idempotency-keys', 'jobs/create-once'),
    integration: ['idempotency-keys'],
  },
  starts: {
    files: [
      ...inFolder(`${library}/jobs/outbox`, 'lanes', 'refused-start'),
      ...inFolder(
        `${library}/jobs`,
        'limits/limits-of',
        'debounce/debounce-of',
        'urgency',
        'derivation-error',
      ),
      ...inFolder(`${library}/jobs`, 'accept-input', 'registry', 'run/result'),
      `${library}/values/fair-turns.ts`,
    ],
  },
  work: {
    files: [
      ...inFolder(`${library}/work-queue`, 'leases', 'slots', 'lookahead', 'back-off', 'completions'),
      ...inFolder(`${library}/work-queue`, 'errors', 'work-kinds', 'define-work-item'),
    ],
  },
  keys: {
    files: [
      ...inFolder(library, 'process/secrets', 'values/canonical-json', 'messages/read-message'),
      'domain/orders/order-id.ts',
    ],
  },
};
