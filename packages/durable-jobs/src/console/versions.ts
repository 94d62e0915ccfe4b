import type { Client } from '@temporalio/client';
import { readDeployments, type DeployedVersion, type VersionState } from '../engine/deployments.ts';
import { badge, count } from '../html/elements.ts';
import { markup, type Markup } from '../html/markup.ts';
import { table } from '../html/table.ts';
import { moment } from '../html/times.ts';
import type { Part } from './part.ts';

/** The versions of the workers, with the open jobs on each. */
export function versionsPart(client: Client): Part {
  return {
    id: 'versions',
    title: 'Versions of the workers',
    asks: 'The job engine',
    async render() {
      const deployments = await readDeployments(client);
      if (deployments.length === 0) return markup`<p class="note">The workers have no versions.</p>`;
      return table(
        'Versions of the workers',
        [
          'Version',
          'State',
          { name: 'Pinned jobs', kind: 'number' },
          { name: 'Moving jobs', kind: 'number' },
          'Created',
        ],
        deployments.flatMap(({ name, versions }) =>
          versions.map((version) => [
            markup`${version.buildId} <span class="note">${name}</span>`,
            stateOf(version),
            count(version.pinnedJobs),
            count(version.movingJobs),
            version.createdAt ? moment(version.createdAt) : markup`<span class="zero">–</span>`,
          ]),
        ),
      );
    },
  };
}

const kinds: Record<VersionState, Parameters<typeof badge>[0]> = {
  current: 'good',
  ramping: 'busy',
  draining: 'busy',
  drained: 'idle',
  inactive: 'idle',
};

function stateOf({ state, rampPercent, drainedAt }: DeployedVersion): Markup {
  return markup`${badge(kinds[state], state)}${rampPercent !== undefined && ` ${rampPercent} %`}${drainedAt && markup` <span class="note">since ${moment(drainedAt)}</span>`}`;
}
