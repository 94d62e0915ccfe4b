/** Set-up of every test file: its temporary folders are created in a folder that is removed even if the run is killed. */
import { inject } from 'vitest';
import type {} from './provided.ts';

// Unit tests run without the global set-up.
const folder = inject('runFolder') as string | undefined;
if (folder !== undefined) process.env.TMPDIR = folder;
