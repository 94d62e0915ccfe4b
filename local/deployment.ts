/**
 * `npm run deployment -- list|promote|ramp|rollback|move|retire`: the command `deployment` of the library, with the engine of the stack that
 * `npm start` runs if the environment and `.env` name no other server.
 */
import { runDeploymentCommand } from 'durable-jobs/cli';
import { ownTaskQueues } from '../contracts/task-queues.ts';
import { projectRoot } from './paths.ts';

await runDeploymentCommand(ownTaskQueues, { folder: projectRoot });
