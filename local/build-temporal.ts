import { type ResolveCliOptions, TEMPORAL_CLI_VERSION } from 'durable-jobs/dev';
import { goInstall } from './go-install.ts';

/** Builds the Temporal CLI with Go, for machines that can't download it. */
export const buildTemporal: NonNullable<ResolveCliOptions['build']> = (target, options) =>
  goInstall(`github.com/temporalio/cli/cmd/temporal@v${TEMPORAL_CLI_VERSION}`, target, {
    ldflags: `-s -w -X github.com/temporalio/cli/temporalcli.Version=${TEMPORAL_CLI_VERSION}`,
    ...options,
  });
