import type { CallNode, SelectorNode } from '../parser/ast.ts';
import { LOOKBACK } from '../source.ts';
import { callOnNatives, smoothedNatives } from './call-extended-natives.ts';
import { between, MEASURES, windowAt, type Extension } from './extended-floats.ts';
import { within } from './native-extended.ts';
import type { Notes } from './native-windows.ts';
import { lookTimes, type RawSeries } from './selection.ts';
import { evaluationError, nameless, type Column, type Steps } from './values.ts';
import { MixedColumn } from './samples.ts';

export interface ExtendedSelector extends SelectorNode {
  readonly extension: Extension;
}

const FUNCTIONS: Readonly<Record<Extension, readonly string[]>> = {
  anchored: ['changes', 'delta', 'increase', 'rate', 'resets'],
  smoothed: ['delta', 'increase', 'rate'],
};

/** A function of an anchored or smoothed range. */
export function callExtended(
  node: CallNode,
  selector: ExtendedSelector,
  all: readonly RawSeries[],
  steps: Steps,
  notes: (series: RawSeries) => Notes,
): readonly Column[] {
  const { extension, range = 0 } = selector;
  const measure = MEASURES[node.name];
  const allowed = FUNCTIONS[extension];
  if (!measure || !allowed.includes(node.name))
    throw evaluationError(
      node,
      `${extension} modifier can only be used with: ${allowed.join(', ')} - not with ${node.name}`,
    );
  const counter = node.name === 'rate' || node.name === 'increase';
  const ends = lookTimes(selector, steps);
  const columns = all.flatMap((series) => {
    const { histograms } = series;
    if (histograms) return callOnNatives(node, selector, { ...series, histograms }, ends, notes) ?? [];
    const out = new MixedColumn(ends.length);
    ends.forEach((end, i) => {
      const window = windowAt(series, end - range, end, extension, counter);
      if (window) out.float(i, measure(series, window));
    });
    return out.column(series.labels) ?? [];
  });
  return nameless(columns, node, true);
}

/** The range itself: its samples, with one at each edge; native histograms as they are. */
export function extendedSamples(selector: ExtendedSelector, series: RawSeries, end: number): RawSeries {
  const { extension, range = 0 } = selector;
  const { histograms } = series;
  if (histograms) {
    const [lo, hi] = within(histograms, end - range, end);
    const own = {
      timestamps: histograms.timestamps.subarray(lo, hi),
      samples: histograms.samples.slice(lo, hi),
    };
    const [from, to] = within(series, end - range, end);
    const { labels, timestamps, values } = series;
    const floats = { labels, timestamps: timestamps.subarray(from, to), values: values.subarray(from, to) };
    return hi > lo ? { ...floats, histograms: own } : floats;
  }
  const window = windowAt(series, end - range, end, extension, false);
  const { labels, timestamps, values } = series;
  if (!window) return { labels, timestamps: new Float64Array(0), values: new Float64Array(0) };
  const { start, left, right, lo, hi } = window;
  return {
    labels,
    timestamps: Float64Array.of(start, ...timestamps.subarray(lo, hi), end),
    values: Float64Array.of(left, ...values.subarray(lo, hi), right),
  };
}

/** `metric smoothed`: on the line between the samples around an instant; the last one is held. */
export function smoothedInstants(
  node: SelectorNode,
  all: readonly RawSeries[],
  steps: Steps,
  notes: (series: RawSeries) => Notes,
): readonly Column[] {
  const looks = lookTimes(node, steps);
  return all.flatMap((series) => {
    const { labels, timestamps, values, histograms } = series;
    if (histograms) return smoothedNatives({ ...series, histograms }, looks, notes(series)) ?? [];
    const out = new MixedColumn(looks.length);
    let next = 0;
    looks.forEach((at, i) => {
      while (next < timestamps.length && timestamps[next]! < at) next++;
      const exact = timestamps[next] === at;
      if (exact) out.float(i, values[next]!);
      if (exact || next === 0 || timestamps[next - 1]! <= at - LOOKBACK) return;
      const ahead = next < timestamps.length && timestamps[next]! <= at + LOOKBACK;
      out.float(i, ahead ? between(series, next - 1, at, false) : values[next - 1]!);
    });
    return out.column(labels) ?? [];
  });
}
