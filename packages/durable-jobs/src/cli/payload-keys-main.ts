/** The command `payload-keys` as a process of its own. */
import { runCommand } from './command.ts';
import { payloadKeysCommand } from './payload-keys.ts';

await runCommand(payloadKeysCommand());
