/** The command `payload-keys` as a separate process. */
import { runPayloadKeysCommand } from './run-commands.ts';

await runPayloadKeysCommand();
