/** The command `keys` as a process of its own. */
import { runCommand } from './command.ts';
import { keysCommand } from './keys.ts';

await runCommand(keysCommand());
