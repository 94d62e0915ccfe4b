import { setWorkflowOptions, workflowInfo, type Workflow } from '@temporalio/workflow';
import type { VersionedGlobal } from '../versioning.ts';

/**
 * Declares to the SDK how the runs of each workflow are versioned, if the worker is versioned: the engine refuses the tasks of other workers
 * that declare it. It affects which workers get a run's next task, and no decision of the run. A workflow that has options of its own keeps them.
 * What an application exports again from the library is frozen, and left as it is.
 */
export function declareVersioning(workflows: object): void {
  const { durableJobsVersioning: behaviors } = globalThis as VersionedGlobal;
  if (!behaviors) return;
  for (const workflow of Object.values(workflows) as unknown[]) {
    if (!isWorkflow(workflow) || !Object.isExtensible(workflow) || 'workflowDefinitionOptions' in workflow)
      continue;
    setWorkflowOptions(() => {
      const versioningBehavior = behaviors[workflowInfo().workflowType];
      return versioningBehavior ? { versioningBehavior } : {};
    }, workflow);
  }
}

const isWorkflow = (exported: unknown): exported is Workflow => typeof exported === 'function';
