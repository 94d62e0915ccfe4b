/** A file, seen from here: in the sources or in a build. */
const fileAt = (relative: string): URL => new URL(relative, import.meta.url);

/** The workflows, and where `npm run build` puts their bundle. */
export const workflowFiles = {
  workflows: fileAt('../workflows/index.ts'),
  bundle: fileAt('../workflow-bundle.js'),
};
