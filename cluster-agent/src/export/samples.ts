import { labelsKey, type Labels } from '@gumshoe/base/series';
import type { MetricDefinition } from '@gumshoe/schema/metrics/define';

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
  /** ms since the epoch */
  readonly timestamp: number;
}

/** Samples of one round, one per series, bounded; what does not fit is counted. */
export class SampleBuffer {
  private readonly limit: number;
  private samples = new Map<string, Sample>();
  private latest: readonly { readonly metric: MetricDefinition; readonly sample: Sample }[] = [];
  private current: { metric: MetricDefinition; sample: Sample }[] = [];
  dropped = 0;

  constructor(limit = 20_000) {
    this.limit = limit;
  }

  add(metric: MetricDefinition, value: number, labels: Labels, timestamp: number): void {
    if (!Number.isFinite(value)) return;
    if (this.samples.size >= this.limit) {
      this.dropped++;
      return;
    }
    const all: Record<string, string> = { __name__: metric.name };
    for (const [name, text] of Object.entries(labels)) if (text !== '') all[name] = text;
    const sample = { labels: all, value, timestamp };
    this.samples.set(labelsKey(all), sample);
    this.current.push({ metric, sample });
  }

  /** Ends the round: returns its samples and keeps them for `/metrics`. */
  take(): readonly Sample[] {
    const taken = [...this.samples.values()];
    this.latest = this.current;
    this.samples = new Map();
    this.current = [];
    return taken;
  }

  /** Text exposition (Prometheus 0.0.4) of the last round. */
  exposition(): string {
    const lines: string[] = [];
    const seen = new Set<string>();
    const sorted = [...this.latest].sort((a, b) =>
      a.metric.name < b.metric.name ? -1 : a.metric.name > b.metric.name ? 1 : 0,
    );
    for (const { metric, sample } of sorted) {
      if (!seen.has(metric.name)) {
        seen.add(metric.name);
        lines.push(`# HELP ${metric.name} ${metric.help}`, `# TYPE ${metric.name} ${metric.type}`);
      }
      lines.push(`${metric.name}${labelText(sample.labels)} ${sample.value}`);
    }
    return `${lines.join('\n')}\n`;
  }
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels)
    .filter(([name]) => name !== '__name__')
    .map(
      ([name, value]) =>
        `${name}="${value.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/"/g, '\\"')}"`,
    );
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}
