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
};
