/** The command `keys` as a separate process. */
import { runCommand } from './command.ts';
import { keysCommand } from './keys.ts';

await runCommand(keysCommand());
