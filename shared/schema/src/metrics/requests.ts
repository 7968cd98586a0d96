import { PROTOCOLS, REQUEST_METRICS, type Protocol } from './container.ts';
import type { MetricDefinition } from './define.ts';
import { TRACE_METRICS } from './trace.ts';

/** How requests were seen: by the protocol on the wire, or by spans alone. */
export type RequestSource = Protocol | 'otel';

export const REQUEST_SOURCES: readonly RequestSource[] = [...PROTOCOLS, 'otel'];

export interface RequestMetricSet {
  /** As clients count them, and as servers do. */
  readonly count: MetricDefinition;
  readonly inbound: MetricDefinition;
  readonly duration: MetricDefinition;
  readonly inboundDuration: MetricDefinition;
}

const SPANS: RequestMetricSet = {
  count: TRACE_METRICS.requests,
  inbound: TRACE_METRICS.requests,
  duration: TRACE_METRICS.duration,
  inboundDuration: TRACE_METRICS.duration,
};

/** The metrics that requests of this source are counted in. */
export const requestMetrics = (source: RequestSource): RequestMetricSet =>
  source === 'otel' ? SPANS : REQUEST_METRICS[source];
