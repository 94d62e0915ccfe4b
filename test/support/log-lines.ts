/** A line of a process's log. */
export interface LogLine {
  level: string;
  service: string;
  msg: string;
  requestId?: string;
  jobId?: string;
  jobType?: string;
  runId?: string;
  traceId?: string;
  activity?: string;
  attempt?: number;
  durationMs?: number;
  outcome?: string;
  req?: { path: string };
}

/**
 * Parses the lines that a process printed.
 * @throws if one is not a JSON object.
 */
export function parseLog(output: string): LogLine[] {
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      try {
        return JSON.parse(line) as LogLine;
      } catch {
        throw new Error(`not a log line: ${line}`);
      }
    });
}
