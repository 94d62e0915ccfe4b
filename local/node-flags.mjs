/** Lets Node read the library's sources instead of its build. */
export const sourceFlag = '--conditions=durable-jobs-source';

/** What makes Node run TypeScript, and read the library's sources instead of its build. */
export const typescriptFlags = [sourceFlag, '--import', 'tsx'];
