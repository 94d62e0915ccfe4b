import { context, diag, DiagLogLevel, propagation, trace, type Span } from '@opentelemetry/api';
import { parseKeyPairsIntoRecord } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  NodeTracerProvider,
  RandomIdGenerator,
  type IdGenerator,
} from '@opentelemetry/sdk-trace-node';
import type { Logger } from 'pino';
import { withinTime } from '../process/within-time.ts';

/** Ids of a span that were chosen before it began. */
export interface ChosenIds {
  traceId: string;
  spanId: string;
}

/** The handle of a part of a process that traces. */
export interface Tracing {
  /** Sends the remaining spans. Never rejects, and takes a few seconds at most. */
  stop: () => Promise<void>;
}

/** OpenTelemetry's SDK as tracing.ts uses it. */
export interface TracingSdk extends Tracing {
  /** Starts a span with these ids. */
  startAs: (ids: ChosenIds, start: () => Span) => Span;
}

/** Time limit for the last spans: an unavailable collector must not keep a process from stopping. */
const STOP_MS = 3_000;

/**
 * Starts OpenTelemetry's SDK, which reads the standard variables itself: the collector and its headers, the sampler, the batches, the name of
 * the service, the limits. `headers` are additional headers, in the form of the standard variable.
 */
export function startSdk(service: string, logger: Logger, headers?: string): TracingSdk {
  diag.setLogger(
    {
      error: (message) => logger.warn({ otel: message }, 'traces could not be sent'),
      warn: (message) => logger.warn({ otel: message }, 'OpenTelemetry reported a warning'),
      info: (message) => logger.info(message),
      debug: (message) => logger.debug(message),
      verbose: (message) => logger.trace(message),
    },
    { logLevel: DiagLogLevel.WARN },
  );
  const ids = new ChoosableIds();
  const provider = new NodeTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': service }))
      .merge(detectResources({ detectors: [envDetector] })),
    idGenerator: ids,
    spanProcessors: [
      new BatchSpanProcessor(new OTLPTraceExporter({ headers: parseKeyPairsIntoRecord(headers) })),
    ],
  });
  provider.register();
  return {
    startAs: (chosen, start) => ids.during(chosen, start),
    async stop() {
      try {
        await withinTime(
          STOP_MS,
          () => provider.shutdown(),
          () => new Error('the shutdown took too long'),
        );
      } catch (error) {
        logger.warn({ err: error }, 'the last traces could not be sent');
      }
      // Another one can be started afterwards.
      for (const api of [trace, context, propagation, diag]) api.disable();
    },
  };
}

/** Generates random ids, except for a span whose ids were chosen. */
class ChoosableIds implements IdGenerator {
  readonly #random = new RandomIdGenerator();
  #chosen: ChosenIds | undefined;

  during<T>(ids: ChosenIds, start: () => T): T {
    this.#chosen = ids;
    try {
      return start();
    } finally {
      this.#chosen = undefined;
    }
  }

  generateSpanId(): string {
    return this.#chosen?.spanId ?? this.#random.generateSpanId();
  }

  generateTraceId(): string {
    return this.#chosen?.traceId ?? this.#random.generateTraceId();
  }
}
