import { clockState, type ClockState } from 'ebpf-loader-native';
import { CLOCK_METRICS } from '@gumshoe/schema/metrics/clock';
import type { MetricSink, MetricSource } from '../../pipeline/metric-sink.ts';

/** The machine's clock and how well it follows its reference, as the kernel has it from the time daemon. */
export class ClockSource implements MetricSource {
  readonly name = 'clock';
  readonly #read: () => ClockState | undefined;

  constructor(read: () => ClockState | undefined = clockState) {
    this.#read = read;
  }

  /** Without the addon there is no clock, and all else of the machine is. */
  #clock(): ClockState | undefined {
    try {
      return this.#read();
    } catch {
      return undefined;
    }
  }

  collect(sink: MetricSink): void {
    const clock = this.#clock();
    if (!clock) return;
    sink.node(CLOCK_METRICS.timexOffset, {}, clock.offset);
    sink.node(CLOCK_METRICS.timexMaxError, {}, clock.maxError);
    sink.node(CLOCK_METRICS.timexSync, {}, clock.synchronized ? 1 : 0);
  }
}
