import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/jobs.ts';
import { useService, type Answer } from '../support/service.ts';

// No worker runs the jobs: a run stays open until the test ends it.
const service = useService({ workers: false });

interface Triggered {
  triggered: { jobId: string; runId: string | null; started: boolean };
}

async function create(change: object = {}): Promise<string> {
  const id = `test-${randomUUID()}`;
  // On a leap day, so that no run of its own is counted.
  const body = { id, job: 'refreshStatistics', cron: '30 3 29 2 *', ...change };
  expect((await service.request('POST', '/api/schedules', body)).status).toBe(201);
  return id;
}
/** Sends a request about a schedule, again while others take longer than it waits for its turn, as on a busy machine. */
const inTurn = (method: string, path: string, body?: object): Promise<Answer> =>
  eventually(async () => {
    const answer = await service.request(method, path, body);
    expect(answer.status).not.toBe(429);
    return answer;
  });
const trigger = (id: string, overlap?: string): Promise<Answer> =>
  inTurn('POST', `/api/schedules/${id}/trigger`, overlap === undefined ? undefined : { overlap });
const triggeredBy = (answer: Answer): Triggered['triggered'] => {
  expect(answer.status).toBe(202);
  return (answer.body as Triggered).triggered;
};
const read = async (id: string) =>
  (await service.request('GET', `/api/schedules/${id}`)).body as {
    paused: boolean;
    counts: { started: number; skippedForOverlap: number };
  };
const end = (jobId: string) => service.client.workflow.getHandle(jobId).terminate('by the test');
const notTriggered = { status: 409, body: { code: 'schedule_not_triggered' } };

describe('triggers of a schedule at the same moment', () => {
  it.each([undefined, 'allow_all'])('each start a run of their own, and say which (%s)', async (overlap) => {
    const id = await create();
    const answers = await Promise.all(Array.from({ length: 6 }, () => trigger(id, overlap)));
    const runs = answers.map(triggeredBy);
    expect(runs.every(({ started }) => started)).toBe(true);
    expect(new Set(runs.map(({ jobId }) => jobId)).size).toBe(6);
    for (const { jobId, runId } of runs) {
      const { status, runId: found } = await service.client.workflow.getHandle(jobId).describe();
      expect({ status: status.name, runId: found }).toEqual({ status: 'RUNNING', runId });
    }
    expect((await read(id)).counts.started).toBe(6);
  });

  it('are not lost to a pause that comes with them, nor is that', async () => {
    const id = await create();
    const [paused, ...answers] = await Promise.all([
      inTurn('POST', `/api/schedules/${id}/pause`),
      ...Array.from({ length: 3 }, () => trigger(id)),
    ]);
    expect(paused.status).toBe(200);
    answers.forEach((answer) => expect(triggeredBy(answer).started).toBe(true));
    expect(await read(id)).toMatchObject({ paused: true, counts: { started: 3 } });
  });

  it('take no name of a run that is due', async () => {
    const everySecond = await create({ cron: undefined, every: '1s' });
    await service.request('POST', `/api/schedules/${everySecond}/pause`);
    expect(await trigger(everySecond)).toMatchObject(notTriggered);
    // Due at each even second, so triggered runs are named by odd ones.
    const id = await create({
      cron: undefined,
      calendar: { second: { from: 0, to: 59, step: 2 }, minute: '*', hour: '*' },
    });
    await service.request('POST', `/api/schedules/${id}/pause`);
    for (const answer of await Promise.all([trigger(id), trigger(id)])) {
      expect(triggeredBy(answer).jobId).toMatch(/[13579]Z$/);
    }
  });
});

describe('changes of a schedule at the same moment', () => {
  it('keep a pause that comes with POST /api/process-bulk', async () => {
    const processBulk = () => inTurn('POST', '/api/process-bulk');
    expect((await processBulk()).status).toBe(200);
    for (let round = 0; round < 3; round++) {
      const answers = await Promise.all([
        processBulk(),
        inTurn('POST', '/api/schedules/bulk-process/pause', { note: `round ${round}` }),
        processBulk(),
        processBulk(),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      expect(await read('bulk-process')).toMatchObject({ paused: true, stateNote: `round ${round}` });
      await service.request('POST', '/api/schedules/bulk-process/resume');
    }
  });

  it('each change only the named field', async () => {
    const id = await create();
    const patches = [{ note: 'changed' }, { jitter: '7s' }, { catchupWindow: '3h' }, { every: '5h' }];
    const answers = await Promise.all(patches.map((patch) => inTurn('PATCH', `/api/schedules/${id}`, patch)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(await read(id)).toMatchObject(Object.assign({}, ...patches) as object);
  });
});

describe('a trigger while a run is open', () => {
  it('is refused by skip, and starts once that run has ended', async () => {
    const id = await create();
    const open = triggeredBy(await trigger(id, 'skip'));
    expect(open.started).toBe(true);
    expect(await trigger(id, 'skip')).toMatchObject({
      ...notTriggered,
      body: { detail: `${open.jobId} has not ended, and the policy skips runs while one is open.` },
    });
    await end(open.jobId);
    await eventually(async () => expect(triggeredBy(await trigger(id, 'skip')).started).toBe(true));
    expect((await read(id)).counts).toMatchObject({ started: 2, skippedForOverlap: 0 });
  });

  it.each([
    ['buffer_one', 1],
    ['buffer_all', 3],
  ] as const)('waits by %s, is named, and starts', async (policy, mostWaiting) => {
    const id = await create();
    const open = triggeredBy(await trigger(id, policy));
    const answers = await Promise.all(Array.from({ length: 3 }, () => trigger(id, policy)));
    const waiting = answers.filter(({ status }) => status === 202).map(triggeredBy);
    expect(waiting).toHaveLength(mostWaiting);
    expect(waiting.every(({ started, runId }) => !started && runId === null)).toBe(true);
    for (const refused of answers.filter(({ status }) => status !== 202))
      expect(refused).toMatchObject(notTriggered);
    let ending = open.jobId;
    const left = new Set(waiting.map(({ jobId }) => jobId));
    while (left.size > 0) {
      await end(ending);
      ending = await eventually(async () => {
        for (const jobId of left) {
          const found = await service.client.workflow
            .getHandle(jobId)
            .describe()
            .catch(() => undefined);
          if (found) return jobId;
        }
        throw new Error('none has started yet');
      });
      left.delete(ending);
    }
    expect((await read(id)).counts).toMatchObject({ started: 1 + mostWaiting, skippedForOverlap: 0 });
  });

  it.each([
    ['cancel_other', 'RUNNING'],
    ['terminate_other', 'TERMINATED'],
  ] as const)('takes its place by %s', async (policy, statusAfter) => {
    const id = await create();
    const open = triggeredBy(await trigger(id, policy));
    const next = triggeredBy(await trigger(id, policy));
    await eventually(async () => {
      const { status, raw } = await service.client.workflow.getHandle(open.jobId).describe();
      expect(status.name).toBe(statusAfter);
      if (policy === 'cancel_other') expect(raw.workflowExtendedInfo?.cancelRequested).toBe(true);
    });
    // No worker reacts to the cancellation.
    if (policy === 'cancel_other') {
      expect(next.started).toBe(false);
      expect(await trigger(id, policy)).toMatchObject(notTriggered);
      await end(open.jobId);
    }
    await eventually(async () => {
      const { status } = await service.client.workflow.getHandle(next.jobId).describe();
      expect(status.name).toBe('RUNNING');
    });
  });
});

describe('a backfill', () => {
  it('is refused if a run of its span that the engine would start again is open', async () => {
    const id = await create({ cron: undefined, every: '1s', overlap: 'allow_all' });
    await eventually(async () => expect((await read(id)).counts.started).toBeGreaterThanOrEqual(2));
    await service.request('POST', `/api/schedules/${id}/pause`);
    const span = { from: new Date(Date.now() - 600_000).toISOString(), to: new Date().toISOString() };
    await eventually(async () =>
      expect(await service.request('POST', `/api/schedules/${id}/backfill`, span)).toMatchObject(
        notTriggered,
      ),
    );
  });
});
