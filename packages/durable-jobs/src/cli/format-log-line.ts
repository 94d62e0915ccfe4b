import pc from 'picocolors';
import { z } from 'zod';

/** What is shown of a line that the library's logger has written. */
const logLine = z.object({
  level: z.string(),
  msg: z.string(),
  err: z.object({ message: z.string(), stack: z.string().optional() }).optional(),
});

/** Returns a line of a process for people: of a JSON log its level and message, with the error; anything else as it is. */
export function formatLogLine(line: string): string {
  const parsed = logLine.safeParse(jsonOf(line));
  if (!parsed.success) return line;
  const { level, msg, err } = parsed.data;
  // Reports of several lines, such as a bundler's, are in the log file.
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
