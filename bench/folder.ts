/**
 * A folder for all that a benchmark's stack writes. To be imported before anything of `local`, which reads the variable once,
 * so that the stack of this clone is left alone.
 */
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The folder; whoever starts the stack removes it. */
export const folder = mkdtempSync(join(tmpdir(), 'durable-jobs-bench-'));
// PostgreSQL may run as another user, who must be able to pass through.
chmodSync(folder, 0o711);
process.env.DURABLE_JOBS_STATE = folder;
