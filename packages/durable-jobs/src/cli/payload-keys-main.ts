/** The command `payload-keys` as a separate process. */
import { runCommand } from '../process/command.ts';
import { payloadKeysCommand } from './payload-keys.ts';

await runCommand(payloadKeysCommand());
