import { LOG_PATTERN_HASH, RESOURCE_ATTRIBUTES } from '@gumshoe/schema/attributes';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import type { LogRow } from '@gumshoe/schema/tables/logs';
import { idsInText, parseJsonLog } from '@gumshoe/text/json-log';
import { logLevel, severityOf, type LogLevel } from '@gumshoe/text/log-level';
import { redactSecrets } from '@gumshoe/text/redact';
import { serviceNameOf } from '../../identity/container-id.ts';
import type { MetricSink } from '../../pipeline/metric-sink.ts';
import { Patterns } from './patterns.ts';

const CLASSIFIED: ReadonlySet<LogLevel> = new Set(['warning', 'error', 'critical']);

/** A message as a source hands it over. */
export interface LogMessage {
  readonly text: string;
  /** ms since the epoch, with fraction */
  readonly at: number;
  /** What the source knows, as journald does; else the text tells. */
  readonly level?: LogLevel;
  readonly attributes?: Readonly<Record<string, string>>;
}

interface Counted {
  readonly labels: Readonly<Record<string, string>>;
  count: number;
}

/** The messages of one container, whatever source they come from: rows within a rate, counters of all. */
export class ContainerLog {
  readonly #containerId: string;
  readonly #resource: Readonly<Record<string, string>>;
  readonly #perSecond: number;
  readonly #patterns = new Patterns();
  readonly #counts = new Map<string, Counted>();
  #second = 0;
  #inSecond = 0;
  /** Messages beyond the rate: counted, not stored. */
  dropped = 0;

  constructor(containerId: string, hostName: string, perSecond: number) {
    this.#containerId = containerId;
    this.#perSecond = perSecond;
    this.#resource = {
      [RESOURCE_ATTRIBUTES.serviceName]: serviceNameOf(containerId),
      [RESOURCE_ATTRIBUTES.containerId]: containerId,
      [RESOURCE_ATTRIBUTES.hostName]: hostName,
    };
  }

  /** The row of a message; undefined beyond the rate. `now` in ms. */
  take(message: LogMessage, source: string, now: number): LogRow | undefined {
    const raw = redactSecrets(message.text);
    const structured = parseJsonLog(raw);
    const body = structured?.message ?? raw;
    const level = structured?.level ?? message.level ?? logLevel(body);
    const pattern = CLASSIFIED.has(level) ? this.#patterns.of(level, body) : { hash: '', sample: '' };
    this.#count(source, level, pattern.hash, pattern.sample);
    const second = Math.floor(now / 1000);
    if (second !== this.#second) [this.#second, this.#inSecond] = [second, 0];
    if (++this.#inSecond > this.#perSecond) {
      this.dropped++;
      return undefined;
    }
    const severity = severityOf(level);
    const { traceId, spanId } = structured?.traceId || structured?.spanId ? structured : idsInText(body);
    return {
      Timestamp: (message.at / 1000).toFixed(9),
      TraceId: traceId,
      SpanId: spanId,
      TraceFlags: 0,
      SeverityText: severity.text,
      SeverityNumber: severity.number,
      ServiceName: this.#resource[RESOURCE_ATTRIBUTES.serviceName] ?? '',
      Body: body,
      ResourceAttributes: this.#resource,
      LogAttributes: {
        ...structured?.attributes,
        ...message.attributes,
        ...(pattern.hash === '' ? {} : { [LOG_PATTERN_HASH]: pattern.hash }),
      },
    };
  }

  #count(source: string, level: LogLevel, hash: string, sample: string): void {
    const key = `${source} ${level} ${hash}`;
    const known = this.#counts.get(key);
    if (known) known.count++;
    else this.#counts.set(key, { labels: { source, level, pattern_hash: hash, sample }, count: 1 });
  }

  collect(sink: MetricSink): void {
    const container = { containerId: this.#containerId };
    for (const { labels, count } of this.#counts.values())
      sink.sample(CONTAINER_METRICS.logMessages, container, labels, count);
  }
}
