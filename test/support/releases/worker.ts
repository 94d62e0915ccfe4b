/** A worker of a release: RELEASE_BUNDLE is the file with its workflows. */
import { activities } from './activities.ts';
import { releasedApplication } from './jobs.ts';

await releasedApplication().runWorker({ bundle: process.env.RELEASE_BUNDLE ?? '', activities });
