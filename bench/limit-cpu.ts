import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';

/** Where Linux has its control groups. Those of version 1 have a folder for each controller. */
const ALL = '/sys/fs/cgroup';
const isVersion2 = existsSync(`${ALL}/cgroup.controllers`);
const groups = isVersion2 ? ALL : `${ALL}/cpu`;

/** A process that has used its share of a period waits for the next one: a short period makes it slow rather than unsteady. In µs. */
const PERIOD_US = 20_000;

/** Whether this user may limit the processor time of processes here. */
export function canLimitCpu(): boolean {
  try {
    rmdirSync(makeGroup('probe', 100));
    return true;
  } catch {
    return false;
  }
}

/**
 * Limits the processor time of a running process, with all its threads, to a percentage of one core, in a control group of its own. Returns
 * the function that ends the limit. See Linux, Documentation/admin-guide/cgroup-v2.rst and Documentation/scheduler/sched-bwc.rst.
 */
export function limitCpu(pid: number, percent: number): () => void {
  const group = makeGroup(String(pid), percent);
  writeFileSync(`${group}/cgroup.procs`, String(pid));
  return () => {
    try {
      writeFileSync(`${groups}/cgroup.procs`, String(pid));
    } catch {
      // It has ended, and left the group with that.
    }
    // A group can be removed when no process is in it.
    rmdirSync(group);
  };
}

/** Makes a group whose processes have a percentage of one core together, and returns its folder. */
function makeGroup(name: string, percent: number): string {
  const group = `${groups}/durable-jobs-bench-${name}`;
  const quotaUs = Math.round((PERIOD_US * percent) / 100);
  mkdirSync(group);
  try {
    if (isVersion2) {
      writeFileSync(`${groups}/cgroup.subtree_control`, '+cpu');
      writeFileSync(`${group}/cpu.max`, `${quotaUs} ${PERIOD_US}`);
    } else {
      writeFileSync(`${group}/cpu.cfs_period_us`, String(PERIOD_US));
      writeFileSync(`${group}/cpu.cfs_quota_us`, String(quotaUs));
    }
    return group;
  } catch (error) {
    rmdirSync(group);
    throw error;
  }
}
