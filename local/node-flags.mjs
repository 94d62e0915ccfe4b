/** Lets Node read the library's sources instead of its build. */
export const sourceFlag = '--conditions=durable-jobs-source';

/**
 * What makes Node run TypeScript, and read the library's sources instead of its build. Before 20.6 it had no hooks to register,
 * only loaders.
 */
export const typescriptFlags = (() => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const tsx =
    major > 20 || (major === 20 && minor >= 6) ? ['--import', 'tsx'] : ['--no-warnings', '--loader', 'tsx'];
  return [sourceFlag, ...tsx];
})();
