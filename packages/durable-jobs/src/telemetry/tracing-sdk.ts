import { diag, DiagLogLevel, type Span } from '@opentelemetry/api';
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

/** Ids of a span that was named before it existed. */
export interface ChosenIds {
  traceId: string;
  spanId: string;
}

/** What a process that traces has to do with it. */
export interface Tracing {
  /** Sends what was not sent yet. Never rejects, and does not take long. */
  stop: () => Promise<void>;
}

/** What the SDK of OpenTelemetry, once loaded, is to this module. */
export interface TracingSdk extends Tracing {
  /** Starts a span that has these ids. */
  startAs: (ids: ChosenIds, start: () => Span) => Span;
}

/** A collector that is unavailable must not keep a process from stopping. */
const STOP_MS = 3_000;

/**
 * Loads OpenTelemetry's SDK, which reads the standard variables itself: where to send spans to and with which headers, the
 * sampler, the batches, the service's name, the limits. `headers` are more of those headers, as the standard variable has them.
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
    },
  };
}

/** Random ids, but for a span whose ids were chosen. */
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
