/** The command `keys` as a separate process. */
import { runKeysCommand } from './run-commands.ts';

await runKeysCommand();
