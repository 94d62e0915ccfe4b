import pc from 'picocolors';
import { z } from 'zod';

/** The fields of a library log line that are shown. */
const logLine = z.object({
  level: z.string(),
  msg: z.string(),
  err: z.object({ message: z.string(), stack: z.string().optional() }).optional(),
});

/** Formats a line of a process for people: the level, message and error of a JSON log line; any other line unchanged. */
export function formatLogLine(line: string): string {
  const parsed = logLine.safeParse(jsonOf(line));
  if (!parsed.success) return line;
  const { level, msg, err } = parsed.data;
  // Multi-line reports, such as a bundler's, are in the log file.
  const paint = level === 'error' || level === 'fatal' ? pc.red : level === 'warn' ? pc.yellow : pc.dim;
  return `${paint(level.padEnd(5))} ${msg.split('\n', 1)[0] ?? ''}${err ? `\n${err.stack ?? err.message}` : ''}`;
}

function jsonOf(line: string): unknown {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
