/** What an application declares its jobs with. Nothing here loads a database or an engine: workflow code may import it. */
export {
  defineWorkflow,
  jobId,
  kebabCase,
  type JobDefinition,
  type StartPolicy,
  type StartSignal,
} from './jobs/job-definition.ts';
