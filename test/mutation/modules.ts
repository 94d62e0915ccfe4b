/** What `npm run mutation` changes. */

const library = 'packages/durable-jobs/src';

const inFolder = (folder: string, ...names: string[]): string[] =>
  names.map((name) => `${folder}/${name}.ts`);

/** The files of each module, as paths from the project's root; the most important module first. */
export const mutatedModules: Readonly<Record<string, readonly string[]>> = {
  encryption: [
    ...inFolder(`${library}/encryption`, 'payload-codec', 'payload-format'),
    ...inFolder(`${library}/encryption`, 'seal', 'reveal', 'place', 'place-in-answer'),
    `${library}/values/key-ring.ts`,
  ],
  access: [
    ...inFolder(`${library}/access`, 'api-key', 'authenticate', 'authorize', 'lockout', 'sessions'),
    ...inFolder(`${library}/access`, 'key-directory', 'local-key', 'local-path', 'same-origin'),
  ],
  policies: [
    'workflows/policies.ts',
    ...inFolder(`${library}/jobs/workflow`, 'policies'),
    ...inFolder(`${library}/jobs/run`, 'retry'),
    ...inFolder(`${library}/jobs`, 'job-definition', 'job-key'),
  ],
  starts: [
    ...inFolder(`${library}/jobs/outbox`, 'lanes', 'refused-start'),
    ...inFolder(`${library}/jobs`, 'limits/limits-of', 'debounce/debounce-of', 'urgency', 'derivation-error'),
    ...inFolder(`${library}/jobs`, 'accept-input', 'registry', 'run/result'),
    `${library}/values/fair-turns.ts`,
  ],
  work: [
    ...inFolder(`${library}/work-queue`, 'leases', 'slots', 'lookahead', 'back-off', 'completions', 'errors'),
    ...inFolder(`${library}/work-queue`, 'work-kinds', 'define-work-item'),
  ],
  keys: [
    ...inFolder(library, 'process/secrets', 'values/canonical-json', 'messages/read-message'),
    'domain/orders/order-id.ts',
  ],
};
