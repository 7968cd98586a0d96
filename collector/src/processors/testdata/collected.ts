import type { SampleSink } from '../sample-sink.ts';

/** Samples by `container name{labels}`; a histogram as `buckets n=count s=sum`. */
export function collected(source: { collect(sink: SampleSink): void }): Record<string, number | string> {
  const out: Record<string, number | string> = {};
  const name = (metric: { name: string }, container: { containerId: string }, labels: Readonly<Record<string, string>>) =>
    `${container.containerId} ${metric.name}{${Object.entries(labels)
      .map(([label, value]) => `${label}=${value}`)
      .join()}}`;
  source.collect({
    sample: (metric, container, labels, value) => {
      out[name(metric, container, labels)] = value;
    },
    histogram: (metric, container, labels, { buckets, count, sum }) => {
      out[name(metric, container, labels)] = `${[...buckets].join()} n=${count} s=${sum}`;
    },
  });
  return out;
}
