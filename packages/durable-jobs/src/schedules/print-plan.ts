import { lintSchedule } from './lint.ts';
import { presentFields } from './present.ts';
import type { ScheduleDefinition } from './definition.ts';
import type { Change, Pause } from './reconcile.ts';

const signs = { create: '+', update: '~', remove: '-', unchanged: '=', conflict: '!' } as const;

/**
 * Formats a plan for people: a line for each schedule, followed by its differences, the reason for its pause and the lint's warnings, and a
 * summary.
 */
export function printPlan(changes: readonly Change[], nowMs: number): string {
  const lines = changes.flatMap((change) => {
    const sign = signs[change.kind];
    switch (change.kind) {
      case 'create':
        return [`  ${sign} ${describe(change.definition)}`, ...warnings(change.definition, nowMs)];
      case 'unchanged':
        return [
          `  ${sign} ${describe(change.definition)}`,
          ...pauseOf(change.pause),
          ...warnings(change.definition, nowMs),
        ];
      case 'update':
        return [
          `  ${sign} ${describe(change.definition)}`,
          ...change.differences.map(({ field, from, to }) => `        ${field}: ${from} -> ${to}`),
          ...pauseOf(change.pause),
          ...warnings(change.definition, nowMs),
        ];
      case 'remove':
        return [`  ${sign} ${change.id}`];
      case 'conflict':
        return [
          `  ${sign} ${change.id}: belongs to ${change.owner}; delete it there, or rename the declared one`,
        ];
    }
  });
  const count = (kind: Change['kind']): number => changes.filter((change) => change.kind === kind).length;
  const conflicts = count('conflict');
  const sum = `Plan: ${count('create')} to create, ${count('update')} to update, ${count('remove')} to remove, ${count('unchanged')} unchanged${conflicts > 0 ? `, ${conflicts} in conflict` : ''}.`;
  const paused = changes.filter((change) => 'pause' in change && change.pause !== null).length;
  return [...lines, '', paused > 0 ? `${sum} Paused: ${paused}.` : sum].join('\n');
}

/** Summarizes a plan: the ids of the schedules that it changes, and those that are paused, with the reasons. */
export function summarisePlan(changes: readonly Change[]): string[] {
  return changes.flatMap((change) => {
    const id = 'id' in change ? change.id : change.definition.id;
    const pause = 'pause' in change ? change.pause : null;
    return [
      ...(change.kind === 'unchanged' ? [] : [id]),
      ...(pause ? [`${id} is paused: ${reasonOf(pause)}`] : []),
    ];
  });
}

function describe(definition: ScheduleDefinition): string {
  const { cron, every, calendar, timeZone } = presentFields(definition);
  const when = cron ?? (every === undefined ? JSON.stringify(calendar) : `every ${every}`);
  return `${definition.id.padEnd(20)} ${definition.job.padEnd(18)} ${when}  ${timeZone}`;
}

function pauseOf(pause: Pause | null): string[] {
  return pause ? [`        paused: ${reasonOf(pause)}`] : [];
}

function reasonOf({ reason }: Pause): string {
  return reason ?? 'no reason given';
}

function warnings(definition: ScheduleDefinition, nowMs: number): string[] {
  return lintSchedule(definition, nowMs).map(({ message }) => `        warning: ${message}`);
}
