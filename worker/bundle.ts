/** Returns the path of a file relative to this one, in the sources or in a build. */
const fileAt = (relative: string): URL => new URL(relative, import.meta.url);

/** The workflows, and where `npm run build` writes their bundle. */
export const workflowFiles = {
  workflows: fileAt('../workflows/index.ts'),
  bundle: fileAt('../workflow-bundle.js'),
};
