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
} from '@opentelemetry/api';
import type { JobContext, RunEnd } from './context-header.ts';
import { ConfigError, type Environment } from '../config/config.ts';
import { readVariableFiles } from '../config/variable-files.ts';
import type { Tracing, TracingSdk, ChosenIds } from './tracing-sdk.ts';

export type { Tracing };

const HEADERS = 'OTEL_EXPORTER_OTLP_HEADERS';

const tracer = trace.getTracer('durable-jobs');
let sdk: TracingSdk | undefined;

/** Whether the standard variables ask for traces: an address to send them to, and nothing that turns them off. */
export function wantsTracing(env: Environment): boolean {
  const endpoints = [env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, env.OTEL_EXPORTER_OTLP_ENDPOINT];
  const off = env.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || env.OTEL_TRACES_EXPORTER === 'none';
  return endpoints.some((endpoint) => endpoint !== undefined && endpoint !== '') && !off;
}

/**
 * Starts tracing if the standard variables ask for it; call it first thing in a process. Otherwise the SDK is not even loaded, and every
 * function below does nothing but what it is given to do. Headers with secrets can be in the file that
 * OTEL_EXPORTER_OTLP_HEADERS_FILE names.
 * @throws {ConfigError} if that file cannot be used.
 */
export async function startTracing(service: string, env: Environment, logger: Logger): Promise<Tracing> {
  if (!wantsTracing(env)) return { stop: () => Promise.resolve() };
  const { values, problems } = readVariableFiles(env, [HEADERS]);
  if (problems.length > 0) throw new ConfigError(problems);
  const { startSdk } = await import('./tracing-sdk.ts');
  sdk = startSdk(service, logger, values[HEADERS]);
  return sdk;
}

/** Whether this process traces. */
export function isTracing(): boolean {
  return sdk !== undefined;
}

/** The id of the trace that is in progress here. */
export function currentTraceId(): string | undefined {
  return sdk && trace.getActiveSpan()?.spanContext().traceId;
}

/** Where we are in a trace, as W3C's `traceparent` says it. */
export function currentTraceparent(): string | undefined {
  if (!sdk) return undefined;
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent;
}

/** What a span is made of. Attributes hold ids and kinds: never a value that a person typed in. */
export interface SpanOptions {
  kind?: 'server' | 'client' | 'producer' | 'consumer' | 'internal';
  attributes?: Attributes;
  /** A `traceparent`, or undefined for what is in progress here. */
  parent?: string | undefined;
  /** Begins a trace of its own. */
  root?: boolean;
}

const kinds = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
} as const;

/** Does `work` within a span, which ends with it. */
export async function inSpan<T>(
  name: string,
  options: SpanOptions,
  work: (span: Span | undefined) => Promise<T>,
): Promise<T> {
  if (!sdk) return work(undefined);
  const within = options.parent === undefined ? context.active() : contextOf(options.parent);
  const { kind = 'internal', attributes = {}, root = false } = options;
  const span = tracer.startSpan(name, { kind: kinds[kind], attributes, root }, within);
  try {
    return await context.with(trace.setSpan(root ? ROOT_CONTEXT : within, span), () => work(span));
  } catch (error) {
    fail(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/** Does `work` outside of any span: it lasts so long that its trace would never be whole. */
export function outsideOfTraces<T>(work: () => T): T {
  return sdk ? context.with(ROOT_CONTEXT, work) : work();
}

/** A request that is being answered. */
export interface RequestSpan {
  run: <T>(work: () => T) => T;
  end: (name: string, attributes: Attributes, failed: boolean) => void;
}

/** The span of a request that has come, in the trace that its headers name; undefined if nothing is traced. */
export function startRequestSpan(
  method: string,
  headers: Record<string, unknown>,
  attributes: Attributes,
): RequestSpan | undefined {
  if (!sdk) return undefined;
  const within = propagation.extract(ROOT_CONTEXT, headers);
  const span = tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, within);
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

/** A call that has ended by now, as a span of what is in progress; none if nothing is, such as for a poll. */
export function recordCall(
  name: string,
  call: { durationMs: number; attributes: Attributes; error?: unknown },
): void {
  if (!sdk || !trace.getActiveSpan()) return;
  const endTime = Date.now();
  const startTime = endTime - call.durationMs;
  const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes: call.attributes, startTime });
  if (call.error !== undefined) fail(span, call.error);
  span.end(endTime);
}

/**
 * Records the span of a workflow's run, which the workflow named before it existed: its activities have ended by now, as
 * children of it.
 */
export function recordRun(type: string, attributes: Attributes, run: RunEnd): void {
  const ids = idsOf(run.context);
  if (!sdk || !ids) return;
  const within =
    run.parentSpanId === undefined
      ? ROOT_CONTEXT
      : remote(ids.traceId, run.parentSpanId, flagsOf(run.context));
  const span = sdk.startAs(ids, () =>
    tracer.startSpan(`job ${type}`, { attributes, startTime: run.runStartedAt }, within),
  );
  if (run.outcome === 'failed') span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(run.endedAt);
}

/** The `traceparent` for what belongs to a job: of a trace that no request began, the sampler decides here. */
export function traceparentOf(job: JobContext): string | undefined {
  const ids = idsOf(job);
  if (!sdk || !ids) return undefined;
  return `00-${ids.traceId}-${ids.spanId}-0${flagsOf(job)}`;
}

/** The error's kind alone: its message may hold what a person typed in. */
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

/** Samplers decide by the trace's id, so each process comes to the same decision; a span that is never ended asks for it. */
function flagsOf(job: JobContext): number {
  const ids = idsOf(job);
  if (!sdk || !job.ownTrace || !ids) return Number(job.traceparent?.split('-')[3] ?? 0) & TraceFlags.SAMPLED;
  const probe = sdk.startAs(ids, () => tracer.startSpan('probe', {}, ROOT_CONTEXT));
  return probe.isRecording() ? TraceFlags.SAMPLED : TraceFlags.NONE;
}
