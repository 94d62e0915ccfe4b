/**
 * Who may import whom, by value. Type-only imports are erased before the code runs, so this pass does not see
 * them; .dependency-cruiser.types.cjs looks at those.
 */
const folders = [
  'api',
  'worker',
  'workflows',
  'activities',
  'contracts',
  'schedules',
  'domain',
  'packages',
  'tools',
  'local',
  'bench',
  'test',
];

/** A folder of the application may import its own files, packages, the library's exports, and the folders listed here. */
const allowed = {
  contracts: [],
  domain: ['contracts'],
  workflows: ['contracts'],
  activities: ['contracts', 'domain'],
  api: ['contracts', 'domain'],
  schedules: ['contracts', 'domain'],
  worker: ['activities', 'contracts', 'schedules', 'domain'],
};
const application = Object.keys(allowed).join('|');

const library = 'packages/durable-jobs/src';
/** The files that the library's package.json exports. */
const exported = [`^${library}/(index|define|dev/running)\\.ts$`, `^${library}/[^/]+/index\\.ts$`];
/** What every subject of the library stands on. */
const ground = 'config|database|engine|html|http|mail|process|telemetry|values';
/** A subject of the library may import the ground, and the subjects listed here: as the way of the data demands it. */
const subjects = {
  access: [],
  encryption: [],
  jobs: ['encryption'],
  schedules: ['encryption', 'jobs'],
  'hosted-services': ['jobs'],
  emails: ['hosted-services'],
  messages: ['hosted-services', 'jobs'],
  bulk: ['access', 'jobs'],
  'work-queue': ['bulk', 'hosted-services', 'jobs'],
  'call-http': ['jobs'],
  // What puts the subjects together.
  metrics: ['jobs', 'schedules', 'work-queue'],
  dev: ['encryption'],
  upkeep: ['access', 'bulk', 'hosted-services', 'jobs', 'messages', 'work-queue'],
  console: ['bulk', 'hosted-services', 'jobs', 'metrics', 'schedules', 'work-queue'],
};

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    ...Object.entries(allowed).map(([folder, targets]) => ({
      name: `${folder}-imports`,
      severity: 'error',
      from: { path: `^${folder}/`, pathNot: '\\.test\\.ts$' },
      to: {
        path: `^(${folders.filter((f) => ![folder, 'packages', ...targets].includes(f)).join('|')})/`,
      },
    })),
    {
      name: 'library-imports-no-application',
      severity: 'error',
      from: { path: `^${library}/`, pathNot: '\\.test\\.ts$' },
      to: { path: `^(${folders.filter((f) => f !== 'packages').join('|')})/` },
    },
    {
      name: 'application-uses-exports',
      comment:
        'what the library exports is in the index files of its folders; bootstrap runs before it is installed',
      severity: 'error',
      from: {
        path: `^(${application}|local|tools)/`,
        pathNot: ['\\.test\\.ts$', '^local/bootstrap\\.mjs$'],
      },
      to: { path: `^${library}/`, pathNot: exported },
    },
    {
      name: 'exports-are-for-applications',
      comment:
        'inside the library, a file is imported from where it is; two indexes take all of define.ts and of dev/running.ts',
      severity: 'error',
      from: { path: `^${library}/`, pathNot: `^${library}/(dev/)?index\\.ts$` },
      to: { path: exported },
    },
    {
      name: 'ground-imports-no-subject',
      severity: 'error',
      from: { path: `^${library}/(${ground})/`, pathNot: '\\.test\\.ts$' },
      to: { path: `^${library}/`, pathNot: `^${library}/(${ground})/` },
    },
    ...Object.entries(subjects).map(([subject, others]) => ({
      name: `${subject}-imports`,
      severity: 'error',
      from: { path: `^${library}/${subject}/`, pathNot: ['\\.test\\.ts$', ...exported] },
      to: { path: `^${library}/`, pathNot: `^${library}/(${[ground, subject, ...others].join('|')})/` },
    })),
    {
      name: 'client-stands-alone',
      comment: 'other services and browsers load it, without the engine, the database or a module of Node',
      severity: 'error',
      from: { path: `^${library}/client/`, pathNot: '\\.test\\.ts$' },
      to: { pathNot: [`^${library}/client/`, 'node_modules/(openapi-fetch|eventsource-parser)/'] },
    },
    {
      name: 'contracts-packages',
      comment: 'contracts are read by every part, the workflow bundle among them',
      severity: 'error',
      from: { path: '^contracts/', pathNot: '\\.test\\.ts$' },
      to: { path: 'node_modules', pathNot: 'node_modules/(zod|@temporalio/(common|workflow))/' },
    },
    {
      name: 'workflow-packages',
      severity: 'error',
      from: { path: '^workflows/', pathNot: '\\.test\\.ts$' },
      to: { path: 'node_modules', pathNot: 'node_modules/@temporalio/(common|workflow)/' },
    },
    {
      name: 'workflow-node-core',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-zod-in-the-workflow-bundle',
      comment: 'one value import of a schema nearly doubles the bundle, and every workflow pays for it',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { path: 'node_modules/zod/', reachable: true },
    },
    {
      name: 'client-packages',
      comment: 'the API starts jobs; it never hosts them',
      severity: 'error',
      from: { path: '^(api|schedules)/', pathNot: '\\.test\\.ts$' },
      to: { path: 'node_modules/@temporalio/(worker|workflow|activity|testing)/' },
    },
    {
      name: 'no-development-packages-in-production-code',
      severity: 'error',
      from: {
        path: '^(api|worker|workflows|activities|contracts|schedules|domain|packages)/',
        pathNot: ['\\.test\\.ts$', `^${library}/(cli|dev|testing)/`, '^packages/[^/]+/build/'],
      },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // What the references import is installed by the benchmarks alone.
    exclude: { path: ['^packages/[^/]+/dist/', '^bench/peers/'] },
    combinedDependencies: true,
    tsPreCompilationDeps: false,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['durable-jobs-source', 'import', 'require', 'node', 'default', 'types'],
    },
  },
};
