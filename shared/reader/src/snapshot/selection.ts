import { FailureError } from '@gumshoe/base/failure';
import type { Labels } from '@gumshoe/base/series';
import type { TimeRange } from '@gumshoe/base/time';
import type { Reader } from '@gumshoe/engine/ports';
import { compileMatchers } from '@gumshoe/promql/matchers';
import { parsePromql } from '@gumshoe/promql/parse';
import { METRICS } from '@gumshoe/schema/metrics/catalogue';

/** Series beyond the catalogue that go into an export. */
export interface Selection {
  /** Sorted; none of the catalogue. */
  readonly names: readonly string[];
  readonly keep: (labels: Labels) => boolean;
  /** What did not fit, in sentences. */
  readonly notes: readonly string[];
}

/** A source that can say which metrics it has. */
export interface NamingReader {
  /** Names of metrics with series of these selectors. Rejects with FailureError. */
  readonly namesIn: (
    selectors: readonly string[],
    range: TimeRange,
    signal?: AbortSignal,
  ) => Promise<readonly string[]>;
}

export const EVERYTHING = '{__name__=~".+"}';
const MOST_NAMES = 20_000;
/** Names that can be asked for in one regular expression without care. */
const PLAIN = /^[\w:./ -]+$/;

/** Every name of the catalogue as it is stored. */
export function storedNames(): string[] {
  return METRICS.flatMap(({ name, type }) =>
    // a server may hold it as one native histogram
    type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`, name] : [name],
  );
}

const canName = (reader: Reader): reader is Reader & NamingReader =>
  'namesIn' in reader && typeof reader.namesIn === 'function';

/** Names of the metrics of a source. Rejects with FailureError `not-supported` where it does not tell them. */
export async function metricNamesIn(
  reader: Reader,
  range: TimeRange,
  selectors: readonly string[],
  signal?: AbortSignal,
): Promise<readonly string[]> {
  if (canName(reader)) return reader.namesIn(selectors, range, signal);
  throw new FailureError({
    code: 'not-supported',
    tried: 'list the metrics',
    target: 'the source',
    reason: 'it does not tell which metrics it has',
    remedy: 'Export from the Prometheus server itself: --prometheus URL.',
  });
}

/**
 * What PromQL selectors choose of a source beyond the catalogue. Rejects with FailureError `invalid-input` for a text that
 * is no selector, `not-supported` where the source cannot name its metrics.
 */
export async function selectMetrics(
  reader: Reader,
  range: TimeRange,
  selectors: readonly string[],
  signal?: AbortSignal,
): Promise<Selection> {
  const accept = selectors.map(acceptOf);
  const catalogue = new Set(storedNames());
  const found = await metricNamesIn(reader, range, selectors, signal);
  const all = found.filter((name) => !catalogue.has(name));
  const plain = all.filter((name) => PLAIN.test(name)).sort();
  const names = plain.slice(0, MOST_NAMES);
  const left = all.length - names.length;
  return {
    names,
    keep: (labels) => accept.some((matches) => matches(labels)),
    notes: [
      ...(found.length === 0 ? [`nothing was found for ${selectors.join(' or ')}`] : []),
      ...(left > 0
        ? [`${left} metrics beyond the catalogue are not included: too many, or their names have quotes`]
        : []),
    ],
  };
}

/** @throws FailureError `invalid-input` */
function acceptOf(selector: string): (labels: Labels) => boolean {
  const failed = (reason: string): FailureError =>
    new FailureError({
      code: 'invalid-input',
      tried: 'read a selector',
      target: selector,
      reason,
      remedy: 'Write it as in PromQL, such as \'jvm_memory_used_bytes{area="heap"}\'.',
    });
  let expr: ReturnType<typeof parsePromql>;
  try {
    expr = parsePromql(selector);
  } catch (error) {
    throw failed(error instanceof Error ? error.message : String(error));
  }
  if (expr.type !== 'selector' || expr.range !== undefined) throw failed('it is no instant selector');
  return compileMatchers(expr.matchers);
}
