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
  const paint = isFailure(level) ? pc.red : level === 'warn' ? pc.yellow : pc.dim;
  // The rest of a multi-line report, such as a bundler's, is in the log file.
  const text = bundlerErrors(msg) ?? (level === 'fatal' ? msg : (msg.split('\n', 1)[0] ?? ''));
  const thrown =
    err === undefined || err.message.startsWith(BUNDLER_FAILED) ? '' : `\n${err.stack ?? err.message}`;
  return `${paint(level.padEnd(5))} ${text}${error === undefined ? '' : `: ${error}`}${job && pc.dim(` (${job})`)}${thrown}`;
}

/** The lines of a process's output that say why it ended: what is not a log line, and warnings and errors. The last lines if there are none. */
export function formatFailure(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const why = lines.filter((line) => {
    const { success, data } = logLine.safeParse(jsonOf(line));
    return !success || data.level === 'warn' || isFailure(data.level);
  });
  return (why.length === 0 ? lines.slice(-FEW_LINES) : why).map(formatLogLine).join('\n');
}

/** The message of the SDK's error after the bundler has printed its own. */
const BUNDLER_FAILED = 'Webpack finished with errors';

const FEW_LINES = 5;

const isFailure = (level: string): boolean => level === 'error' || level === 'fatal';

/** Returns the errors in a bundler's report, with files and lines and without its statistics; undefined if it has none. */
function bundlerErrors(report: string): string | undefined {
  const [, ...errors] = report.split(/^(?=ERROR in )/m);
  if (errors.length === 0) return undefined;
  return errors
    .map((error) =>
      error
        // What the resolver tried, the compiler's own stack, the chain of imports, and the summary.
        .split(/^(?:resolve '|Caused by:|Stack backtrace:| @ |webpack [\d.]+ compiled)/m, 1)
        .join('')
        .trim(),
    )
    .join('\n');
}

function jsonOf(line: string): unknown {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
