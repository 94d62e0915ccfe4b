/** The command `payload-keys` as a separate process. */
import { runCommand } from './command.ts';
import { payloadKeysCommand } from './payload-keys.ts';

await runCommand(payloadKeysCommand());
