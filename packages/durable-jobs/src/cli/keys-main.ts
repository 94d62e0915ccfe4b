/** The command `keys` as a separate process. */
import { runCommand } from '../process/command.ts';
import { keysCommand } from './keys.ts';

await runCommand(keysCommand());
