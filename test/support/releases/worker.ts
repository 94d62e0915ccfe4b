/** A worker of the release that RELEASE names. */
import { activities } from './activities.ts';
import { releasedApplication } from './jobs.ts';

const release = process.env.RELEASE === 'second' ? 'second' : 'first';
await releasedApplication().runWorker({
  workflows: import.meta.resolve(`./${release}.ts`),
  activities,
});
