/** What makes Node run TypeScript: before 20.6 it had no hooks to register, only loaders. */
export const typescriptFlags = (() => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 20 || (major === 20 && minor >= 6)
    ? ['--import', 'tsx']
    : ['--no-warnings', '--loader', 'tsx'];
})();
