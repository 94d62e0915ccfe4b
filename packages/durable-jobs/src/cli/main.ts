#!/usr/bin/env node
/** The command `durable-jobs`; see `durable-jobs --help`. */
import { runCommand } from '../process/command.ts';
import { createProgram } from './program.ts';

await runCommand(createProgram());
