/** The second pass: cycles that only type imports make. They compile, but they say that two files are one. */
module.exports = {
  forbidden: [{ name: 'no-circular-types', severity: 'error', from: {}, to: { circular: true } }],
  options: {
    doNotFollow: { path: 'node_modules' },
    // What the references import is installed by the benchmarks alone.
    exclude: { path: ['^packages/[^/]+/dist/', '^bench/peers/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['durable-jobs-source', 'import', 'require', 'node', 'default', 'types'],
    },
  },
};
