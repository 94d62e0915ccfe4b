import type { VersioningBehavior } from '@temporalio/common';
import { z } from 'zod';

/** What happens to the open runs of a job when another version of its workers becomes the current one. */
export const versionings = ['pinned', 'auto-upgrade'] as const;

/**
 * `pinned`: a run stays on the version that it started with, and so do its activities. `auto-upgrade`: it moves to the current version with
 * its next step.
 */
export type Versioning = (typeof versionings)[number];

/** Schema of the option of a definition. */
export const versioningOption = z.enum(versionings, { error: `must be one of ${versionings.join(', ')}` });

/** How the runs of each workflow type are versioned. Only the bundle of a versioned worker has it, as a global constant. */
export interface VersionedGlobal {
  durableJobsVersioning?: Partial<Record<string, VersioningBehavior>>;
}
