/** What commands beside a running development stack need: where it is, requests to stop, and waits. Loads no part of the stack. */
export { logFolder, readStack, type StackInfo, type StackUrls, stateFolderOf } from './stack-file.ts';
export { withEnvFile } from './env-file.ts';
export { apiKeyOf, databaseOf, listed, sourceOf, temporalUiOf } from './shown.ts';
export { onStopRequest } from './stop-request.ts';
export { abortable, type Report, StoppedError, type WaitOptions, waitUntil } from './wait.ts';
