/**
 * `npm run bench:idle`: what a separate stack uses while nothing happens. Measures the CPU of each process over a minute, or as long as
 * `--seconds` says, and the history events of a day without work: those of the hosted services and of the declared schedules' runs. Exits
 * with 0 if both are within the goals. Linux only.
 */
import './folder.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { onStopRequest } from '../packages/durable-jobs/src/dev/stop-request.ts';
import { StoppedError, waitUntil } from '../packages/durable-jobs/src/dev/wait.ts';
import { readCounts } from './arguments.ts';
import { cpuSeconds } from './cpu.ts';
import { startBenchStack } from './stack.ts';

/** After a start, processes have caches to fill. */
const SETTLE_MS = 30_000;
const DAY_MS = 86_400_000;
/** A service's turn is half a day, see packages/durable-jobs/src/hosted-services/run-service.ts. */
const TURNS_A_DAY = 2;
/** Goals for the whole idle stack: percent of one core, and events a day. */
const GOALS = { cpu: 5, events: 1_000 };

process.exit(await main());

async function main(): Promise<number> {
  const { seconds } = readCounts('bench:idle', { seconds: 60 });
  const stopping = new AbortController();
  onStopRequest((reason) => stopping.abort(new StoppedError(`stopped (${reason})`)));
  let stop: (() => Promise<void>) | undefined;
  try {
    // The worker is asked to stop once, and started again: that is no reason to end.
    const stack = await startBenchStack({ env: {}, signal: stopping.signal, died: () => undefined });
    stop = stack.stop;
    const connection = await Connection.connect({ address: stack.info().urls.temporalAddress });
    try {
      const client = new Client({ connection });
      await delay(SETTLE_MS, undefined, { signal: stopping.signal });
      const cpu = await measureCpu(stack.info, seconds, stopping.signal, client);
      const services = await measureServices(stack.info, client, stopping.signal);
      const schedules = await measureSchedules(stack.info, client, stopping.signal);
      console.log(
        `\nevents of an idle day: ${services} of the hosted services, ${schedules} of the schedules' runs (goal: under ${GOALS.events} in all)`,
      );
      return cpu < GOALS.cpu && services + schedules < GOALS.events ? 0 : 1;
    } finally {
      await connection.close();
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  } finally {
    await stop?.();
  }
}

type Info = Awaited<ReturnType<typeof startBenchStack>>['info'];

/** Percent of one core that the stack takes altogether; shows what each process does. */
async function measureCpu(info: Info, seconds: number, signal: AbortSignal, client: Client): Promise<number> {
  const { processes } = info();
  const read = (): Map<string, number> =>
    new Map(Object.entries(processes).map(([name, pid]) => [name, cpuSeconds(pid)]));
  const eventsBefore = await openEvents(client);
  const before = read();
  const begin = performance.now();
  await delay(seconds * 1_000, undefined, { signal });
  const after = read();
  const elapsed = (performance.now() - begin) / 1_000;
  const events = (await openEvents(client)) - eventsBefore;
  console.log(`\nCPU over ${elapsed.toFixed(0)} s, in percent of one core`);
  let total = 0;
  for (const [name, start] of before) {
    const percent = (((after.get(name) ?? start) - start) / elapsed) * 100;
    total += percent;
    console.log(`  ${name.padEnd(16)}${percent.toFixed(2)}`);
  }
  console.log(`  ${'total'.padEnd(16)}${total.toFixed(2)} (goal: under ${GOALS.cpu})`);
  console.log(`events that the open workflows added meanwhile: ${events}`);
  return total;
}

/** Events of all workflows that are open. */
async function openEvents(client: Client): Promise<number> {
  let events = 0;
  for await (const { workflowId, runId } of client.workflow.list({ query: 'ExecutionStatus = "Running"' })) {
    events += (await client.workflow.getHandle(workflowId, runId).describe()).historyLength;
  }
  return events;
}

/** Events of the hosted services in a day without work: those of a whole turn, read from turns that have ended. */
async function measureServices(info: Info, client: Client, signal: AbortSignal): Promise<number> {
  const { worker } = info().processes;
  if (worker !== undefined) process.kill(worker, 'SIGTERM');
  let lengths: number[] = [];
  const query = 'WorkflowType = "hostService"';
  const { count: services } = await client.workflow.count(`${query} AND ExecutionStatus = "Running"`);
  await waitUntil(
    async () => {
      lengths = [];
      for await (const run of client.workflow.list({ query })) {
        if (run.status.name === 'CONTINUED_AS_NEW') lengths.push(run.historyLength);
      }
      return lengths.length >= services && services > 0;
    },
    { what: 'the turns of the services did not end', timeoutMs: 120_000, signal },
  );
  const turn = lengths.reduce((sum, length) => sum + length, 0);
  console.log(`events of a turn of each of the ${services} hosted services: ${lengths.join(', ')}`);
  return turn * TURNS_A_DAY;
}

/** Events of the declared schedules' runs in a day: each is triggered once, and what it adds is taken as often as it runs. */
async function measureSchedules(info: Info, client: Client, signal: AbortSignal): Promise<number> {
  let day = 0;
  const until = Date.now() + DAY_MS;
  for await (const { scheduleId } of client.schedule.list()) {
    const handle = client.schedule.getHandle(scheduleId);
    const perDay = await runsUntil(info, scheduleId, until);
    const before = await allEvents(client);
    await handle.trigger();
    let events = 0;
    await waitUntil(
      async () => {
        const { info: schedule } = await handle.describe();
        const [action] = schedule.recentActions.slice(-1);
        if (!action) return false;
        const { status } = await client.workflow.getHandle(action.action.workflow.workflowId).describe();
        events = (await allEvents(client)) - before;
        return status.name !== 'RUNNING' && events > 0;
      },
      { what: `${scheduleId} did not run`, timeoutMs: 60_000, signal },
    );
    // The list is behind the engine for a moment, and a job may have started others.
    await delay(3_000, undefined, { signal });
    events = (await allEvents(client)) - before;
    console.log(`  ${scheduleId.padEnd(22)}${events} events a run, ${perDay} runs a day`);
    day += events * perDay;
  }
  return day;
}

/** How often a schedule runs until then, as the API tells. */
async function runsUntil(info: Info, scheduleId: string, until: number): Promise<number> {
  const { urls, apiKey } = info();
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
  const schedule = (await (
    await fetch(`${urls.api}/api/schedules/${scheduleId}`, { headers })
  ).json()) as Record<string, unknown>;
  const { cron, calendar, every, timeZone, jitter } = schedule;
  const body = JSON.stringify({ cron, calendar, every, timeZone, jitter, count: 100 });
  const answer = await fetch(`${urls.api}/api/schedules/preview`, { method: 'POST', headers, body });
  const preview = (await answer.json()) as { runs?: { utc: string }[] };
  if (!preview.runs) throw new Error(`no preview of ${scheduleId}: ${JSON.stringify(preview)}`);
  return preview.runs.filter(({ utc }) => Date.parse(utc) < until).length;
}

/** Events of all workflows, open or not, but for those of the hosted services. */
async function allEvents(client: Client): Promise<number> {
  let events = 0;
  for await (const run of client.workflow.list({ query: 'WorkflowType != "hostService"' })) {
    events +=
      run.status.name === 'RUNNING'
        ? (await client.workflow.getHandle(run.workflowId, run.runId).describe()).historyLength
        : run.historyLength;
  }
  return events;
}
