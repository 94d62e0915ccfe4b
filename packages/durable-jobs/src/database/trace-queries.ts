import type { LogConfig, LogEvent } from 'kysely';
import { textWithoutValues } from './commit-with.ts';
import { isTracing, recordCall, wantsTracing } from '../telemetry/tracing.ts';

/** Records a span for each query that belongs to a request or job, if tracing is enabled. */
export function traceQueries(): LogConfig | undefined {
  // A connection may be opened before tracing has started.
  return isTracing() || wantsTracing(process.env) ? recordQuery : undefined;
}

function recordQuery(event: LogEvent): void {
  const text = textWithoutValues(event.query);
  recordCall(nameOf(text), {
    durationMs: event.queryDurationMillis,
    attributes: { 'db.system.name': 'postgresql', 'db.query.text': text },
    ...(event.level === 'error' && { error: event.error }),
  });
}

/** Returns a span's name, such as `select users`: the operation and the first table. */
function nameOf(text: string): string {
  const [operation = 'query'] = /\w+/.exec(text) ?? [];
  const [, table] = /\b(?:from|into|update)\s+"?(\w+)/i.exec(text) ?? [];
  return [operation.toLowerCase(), table].filter(Boolean).join(' ');
}
