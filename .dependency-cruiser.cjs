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

/** A folder may import its own files, packages, and the folders listed here. */
const allowed = {
  contracts: ['packages'],
  domain: ['contracts', 'packages'],
  workflows: ['contracts', 'packages'],
  activities: ['contracts', 'domain', 'packages'],
  api: ['contracts', 'domain', 'packages'],
  schedules: ['contracts', 'domain', 'packages'],
  worker: ['activities', 'contracts', 'schedules', 'domain', 'packages'],
  // The library's way out of the application: what is left here is handed in by and by.
  packages: ['contracts', 'domain', 'activities', 'api', 'worker', 'workflows'],
};

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    ...Object.entries(allowed).map(([folder, targets]) => ({
      name: `${folder}-imports`,
      severity: 'error',
      from: { path: `^${folder}/`, pathNot: '\\.test\\.ts$' },
      to: { path: `^(${folders.filter((f) => f !== folder && !targets.includes(f)).join('|')})/` },
    })),
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
        pathNot: '\\.test\\.ts$',
      },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    combinedDependencies: true,
    tsPreCompilationDeps: false,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['durable-jobs-source', 'import', 'require', 'node', 'default', 'types'],
    },
  },
};
