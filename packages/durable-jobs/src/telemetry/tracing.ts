import type { Logger } from 'pino';
import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
  type Context,
  type Span,
  type SpanOptions as OtelSpanOptions,
  type Tracer,
} from '@opentelemetry/api';
import type { JobContext, RunEnd } from './context-header.ts';
import { ConfigError, type Environment } from '../config/config.ts';
import { readVariableFiles } from '../config/variable-files.ts';
import type { Tracing, TracingSdk, ChosenIds } from './tracing-sdk.ts';

export type { Tracing };

const HEADERS = 'OTEL_EXPORTER_OTLP_HEADERS';
const SCOPE = 'durable-jobs';

/** The SDK that this process has started, and how many parts of the process use it. */
let started: { sdk: Promise<TracingSdk>; users: number } | undefined;
/** The same SDK once it is loaded. */
let sdk: TracingSdk | undefined;

/** Whether the standard variables request traces: an address to send them to, and nothing that turns them off. */
export function wantsTracing(env: Environment): boolean {
  const endpoints = [env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, env.OTEL_EXPORTER_OTLP_ENDPOINT];
  const off = env.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || env.OTEL_TRACES_EXPORTER === 'none';
  return endpoints.some((endpoint) => endpoint !== undefined && endpoint !== '') && !off;
}

/**
 * Starts tracing if the standard variables request it, before anything else in a process. Otherwise the SDK is not loaded. Parts of one process
 * share the SDK, which is named after the first of them. If the application has set up OpenTelemetry itself, its tracer provider is used.
 * Headers with secrets can be in the file that OTEL_EXPORTER_OTLP_HEADERS_FILE names.
 * @throws {ConfigError} if that file cannot be used.
 */
export async function startTracing(service: string, env: Environment, logger: Logger): Promise<Tracing> {
  if (!wantsTracing(env) || (!started && hasProvider())) return { stop: () => Promise.resolve() };
  const using = (started ??= { sdk: loadSdk(service, env, logger), users: 0 });
  using.users++;
  try {
    sdk = await using.sdk;
  } catch (error) {
    started = undefined;
    throw error;
  }
  let stopped: Promise<void> | undefined;
  return { stop: () => (stopped ??= leave(using)) };
}

async function loadSdk(service: string, env: Environment, logger: Logger): Promise<TracingSdk> {
  const { values, problems } = readVariableFiles(env, [HEADERS]);
  if (problems.length > 0) throw new ConfigError(problems);
  const { startSdk } = await import('./tracing-sdk.ts');
  return startSdk(service, logger, values[HEADERS]);
}

/** Stops the SDK with the last part of the process that uses it. */
async function leave(using: NonNullable<typeof started>): Promise<void> {
  using.users--;
  if (using.users > 0) return;
  started = undefined;
  sdk = undefined;
  await (await using.sdk).stop();
}

/** Whether a tracer provider is registered in this process: ours, or the application's own. */
function hasProvider(): boolean {
  // Until a provider is registered, the API has a stand-in for it, which has no delegate.
  const provider = trace.getTracerProvider() as {
    getDelegateTracer?: (name: string) => Tracer | undefined;
  };
  return !provider.getDelegateTracer || provider.getDelegateTracer(SCOPE) !== undefined;
}

/** Whether this process traces. If it does not, the functions below only run the work that they are given. */
export function isTracing(): boolean {
  return sdk !== undefined || hasProvider();
}

function startSpan(name: string, options: OtelSpanOptions, within?: Context): Span {
  return trace.getTracer(SCOPE).startSpan(name, options, within);
}

/** Returns the id of the trace that is in progress here. */
export function currentTraceId(): string | undefined {
  return isTracing() ? trace.getActiveSpan()?.spanContext().traceId : undefined;
}

/** Returns the position in the trace that is in progress here, as a W3C `traceparent`. */
export function currentTraceparent(): string | undefined {
  if (!isTracing()) return undefined;
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent;
}

/** Options of a span. Attributes contain ids and kinds, never a value that a person typed. */
export interface SpanOptions {
  kind?: 'server' | 'client' | 'producer' | 'consumer' | 'internal';
  attributes?: Attributes;
  /** A `traceparent`; if undefined, the span that is in progress here. */
  parent?: string | undefined;
  /** Whether it begins a trace of its own. */
  root?: boolean;
}

const kinds = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
} as const;

/** Runs `work` in a span, which ends with it. */
export async function inSpan<T>(
  name: string,
  options: SpanOptions,
  work: (span: Span | undefined) => Promise<T>,
): Promise<T> {
  if (!isTracing()) return work(undefined);
  const within = options.parent === undefined ? context.active() : contextOf(options.parent);
  const { kind = 'internal', attributes = {}, root = false } = options;
  const span = startSpan(name, { kind: kinds[kind], attributes, root }, within);
  try {
    return await context.with(trace.setSpan(root ? ROOT_CONTEXT : within, span), () => work(span));
  } catch (error) {
    fail(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/** Runs `work` outside of any span, because it lasts so long that its trace would never be complete. */
export function outsideOfTraces<T>(work: () => T): T {
  return isTracing() ? context.with(ROOT_CONTEXT, work) : work();
}

/** The span of a request that is being handled. */
export interface RequestSpan {
  run: <T>(work: () => T) => T;
  end: (name: string, attributes: Attributes, failed: boolean) => void;
}

/**
 * Starts the span of an incoming request: as a child of the span that a surrounding application has begun for the request, otherwise in the
 * trace that the request's headers name. Returns undefined if this process does not trace.
 */
export function startRequestSpan(
  method: string,
  headers: Record<string, unknown>,
  attributes: Attributes,
): RequestSpan | undefined {
  if (!isTracing()) return undefined;
  const isInside = trace.getActiveSpan() !== undefined;
  const within = isInside ? context.active() : propagation.extract(ROOT_CONTEXT, headers);
  const kind = isInside ? SpanKind.INTERNAL : SpanKind.SERVER;
  const span = startSpan(method, { kind, attributes }, within);
  const inside = trace.setSpan(within, span);
  return {
    run: (work) => context.with(inside, work),
    end(name, more, failed) {
      span.updateName(name);
      span.setAttributes(more);
      if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}

/** Records a call that has ended as a child of the span in progress. A call outside of any span, such as a poll, is not recorded. */
export function recordCall(
  name: string,
  call: { durationMs: number; attributes: Attributes; error?: unknown },
): void {
  if (!isTracing() || !trace.getActiveSpan()) return;
  const endTime = Date.now();
  const startTime = endTime - call.durationMs;
  const span = startSpan(name, { kind: SpanKind.CLIENT, attributes: call.attributes, startTime });
  if (call.error !== undefined) fail(span, call.error);
  span.end(endTime);
}

/**
 * Records the span of a workflow's run when the run has ended. The workflow chose the span's id at its beginning, so that the spans of its
 * activities are children of it. Only our own SDK can use a chosen id.
 */
export function recordRun(type: string, attributes: Attributes, run: RunEnd): void {
  const ids = idsOf(run.context);
  if (!sdk || !ids) return;
  const within =
    run.parentSpanId === undefined
      ? ROOT_CONTEXT
      : remote(ids.traceId, run.parentSpanId, flagsOf(run.context));
  const span = sdk.startAs(ids, () =>
    startSpan(`job ${type}`, { attributes, startTime: run.runStartedAt }, within),
  );
  if (run.outcome === 'failed') span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(run.endedAt);
}

/** Returns the `traceparent` for the parts of a job. For a trace that no request began, this decides whether it is sampled. */
export function traceparentOf(job: JobContext): string | undefined {
  const ids = idsOf(job);
  if (!isTracing() || !ids) return undefined;
  return `00-${ids.traceId}-${ids.spanId}-0${flagsOf(job)}`;
}

/** Marks a span as failed, with the kind of the error only: its message may contain what a person typed. */
function fail(span: Span, error: unknown): void {
  const { name, type, code } = (error ?? {}) as Record<string, unknown>;
  const kind = [type, code, name].find((value) => typeof value === 'string' && value !== '');
  span.setAttribute('error.type', typeof kind === 'string' ? kind : 'Error');
  span.setStatus({ code: SpanStatusCode.ERROR });
}

function contextOf(traceparent: string): Context {
  return propagation.extract(ROOT_CONTEXT, { traceparent });
}

function remote(traceId: string, spanId: string, traceFlags: number): Context {
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

function idsOf({ traceparent }: JobContext): ChosenIds | undefined {
  const [, traceId, spanId] = traceparent?.split('-') ?? [];
  return traceId === undefined || spanId === undefined ? undefined : { traceId, spanId };
}

/**
 * Returns the trace flags of a job. Samplers decide by the trace's id, so all processes make the same decision; a span that is never ended
 * returns it.
 */
function flagsOf(job: JobContext): number {
  const ids = idsOf(job);
  if (!sdk || !job.ownTrace || !ids) return Number(job.traceparent?.split('-')[3] ?? 0) & TraceFlags.SAMPLED;
  const probe = sdk.startAs(ids, () => startSpan('probe', {}, ROOT_CONTEXT));
  return probe.isRecording() ? TraceFlags.SAMPLED : TraceFlags.NONE;
}
