/**
 * `npm run replay -- --from NAMESPACE`, or with files: the command `replay` of the library on the shop's workflows, with the engine of
 * the stack that `npm start` runs if neither the options nor the environment nor `.env` name another.
 */
import { runReplayCommand } from 'durable-jobs/cli';
import { jobs } from '../contracts/catalogue.ts';
import { workflowFiles } from '../worker/bundle.ts';

await runReplayCommand({ workflows: workflowFiles, types: jobs.types });
