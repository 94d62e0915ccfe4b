import { join } from 'node:path';
import { inject } from 'vitest';
import { sourceFlag } from '../../local/node-flags.mjs';

/** Returns the file that Node runs for a source file of this project, named from its root: as it was compiled for this run. */
export function compiled(script: string): string[] {
  return [sourceFlag, join(inject('compiledSources'), script.replace(/\.ts$/, '.js'))];
}
