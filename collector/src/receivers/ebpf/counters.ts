import { SELF_METRICS } from '@gumshoe/schema/metrics/self';
import type { MetricDefinition } from '@gumshoe/schema/metrics/define';
import { constants } from './layout.generated.ts';

/** What the kernel programs counted about themselves, summed over objects and CPUs. */
export interface KernelCounters {
  readonly events: number;
  readonly ringFull: number;
  readonly mapFull: number;
  readonly requests: number;
  readonly requestsUnpaired: number;
  readonly spansSampledOut: number;
}

/** Sums map `counters` of every object. */
export function sumCounters(perObject: readonly (readonly number[])[]): KernelCounters {
  const at = (index: number): number => perObject.reduce((sum, counters) => sum + (counters[index] ?? 0), 0);
  return {
    events: at(constants.GS_COUNTER_EVENTS),
    ringFull: at(constants.GS_COUNTER_RING_FULL),
    mapFull: at(constants.GS_COUNTER_MAP_FULL),
    requests: at(constants.GS_COUNTER_REQUESTS),
    requestsUnpaired: at(constants.GS_COUNTER_REQUESTS_UNPAIRED),
    spansSampledOut: at(constants.GS_COUNTER_SPANS_SAMPLED_OUT),
  };
}

/** Self-telemetry of the receiver: metric, labels, value. */
export type SelfSample = readonly [MetricDefinition, Readonly<Record<string, string>>, number];

/** Losses on this side of the ring buffer. */
export interface ReceiverLosses {
  /** Records shorter than their type. */
  readonly malformed: number;
  /** Requests of processes that belong to no container. */
  readonly ownerless: number;
  /** Requests of HTTP/2 whose span was not kept. */
  readonly http2SampledOut: number;
  /** Records of HTTP/2 connections beyond the limit. */
  readonly http2NotFollowed: number;
  /** Times that bytes of an HTTP/2 connection were missed. */
  readonly http2Lost: number;
  /** Times that an endpoint beyond a container's limit was counted as `~other`. */
  readonly foldedDestinations: number;
}

export function counterSamples(counters: KernelCounters, losses: ReceiverLosses): readonly SelfSample[] {
  return [
    [SELF_METRICS.ebpfEvents, {}, counters.events],
    [SELF_METRICS.ebpfLost, { cause: 'ring_full' }, counters.ringFull],
    [SELF_METRICS.ebpfLost, { cause: 'map_full' }, counters.mapFull],
    [SELF_METRICS.ebpfLost, { cause: 'unpaired' }, counters.requestsUnpaired],
    [SELF_METRICS.ebpfLost, { cause: 'malformed' }, losses.malformed],
    [SELF_METRICS.dropped, { queue: 'spans', cause: 'no_container' }, losses.ownerless],
    [SELF_METRICS.dropped, { queue: 'destinations', cause: 'limit' }, losses.foldedDestinations],
    [
      SELF_METRICS.dropped,
      { queue: 'spans', cause: 'sampled_out' },
      counters.spansSampledOut + losses.http2SampledOut,
    ],
    [SELF_METRICS.ebpfLost, { cause: 'http2_limit' }, losses.http2NotFollowed],
    [SELF_METRICS.ebpfLost, { cause: 'http2_gap' }, losses.http2Lost],
  ];
}
