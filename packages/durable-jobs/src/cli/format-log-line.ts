import pc from 'picocolors';
import { z } from 'zod';

/** The fields of a library log line that are shown. */
const logLine = z.object({
  level: z.string(),
  msg: z.string(),
  jobId: z.string().optional(),
  attempt: z.number().optional(),
  /** What an attempt or a job failed with. */
  error: z
    .union([z.string(), z.object({ message: z.string() }).transform(({ message }) => message)])
    .optional(),
  /** An error that the process met, with where. */
  err: z.object({ message: z.string(), stack: z.string().optional() }).optional(),
});

/** Formats a line of a process for people: the level, message, job, attempt and error of a JSON log line; any other line unchanged. */
export function formatLogLine(line: string): string {
  const parsed = logLine.safeParse(jsonOf(line));
  if (!parsed.success) return line;
  const { level, msg, err, error, jobId, attempt } = parsed.data;
  const job = [jobId, attempt !== undefined && `attempt ${attempt}`].filter(Boolean).join(', ');
  // Multi-line reports, such as a bundler's, are in the log file.
  const paint = level === 'error' || level === 'fatal' ? pc.red : level === 'warn' ? pc.yellow : pc.dim;
  return `${paint(level.padEnd(5))} ${msg.split('\n', 1)[0] ?? ''}${error === undefined ? '' : `: ${error}`}${job && pc.dim(` (${job})`)}${err ? `\n${err.stack ?? err.message}` : ''}`;
}

function jsonOf(line: string): unknown {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
