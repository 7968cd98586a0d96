import type { Labels, Series } from '@gumshoe/base/series';
import { serviceOf } from './foreign-labels.ts';
import { gaugeName, wordsOf, type Gauge, type GaugeKind, type GaugeName } from './gauge-kinds.ts';
import { ASSUMED_RATE, requestsOf } from './gauge-requests.ts';
import { RESOURCES, type ResourceKind } from './gauge-resources.ts';
import type { SeriesByName } from './series-by-name.ts';

export interface TranslatedGauges {
  readonly series: readonly Series[];
  /** What had to be assumed, in sentences. */
  readonly assumptions: readonly string[];
}

/** What names of metrics begin with that are about no service: runtimes, exporters, scrapers. */
const NOBODY: ReadonlySet<string> = new Set(
  'go process jvm python nodejs ruby php dotnet node windows machine kube kubelet container scrape prometheus promhttp http https grpc rpc net network system host disk avg max min total global'.split(
    ' ',
  ),
);

/**
 * Gauges that published data sets have of every service: `cart_cpu`, `cart_latency_p90`, `error_rate{service="cart"}`.
 * Only what nothing else explains is looked at. A service needs two kinds of gauges, or a label that names it.
 */
export function translateGauges(
  given: SeriesByName,
  covered: ReadonlySet<string>,
  known: Iterable<string>,
): TranslatedGauges {
  const spelled = new Map([...known].map((name) => [wordsOf(name), name]));
  const gauges = gaugesIn(given, spelled);
  for (const { series } of gauges) given.take(series.labels['__name__'] ?? '');
  const byKind = Map.groupBy(gauges, ({ kind }) => kind);
  const all = (kind: GaugeKind): readonly Gauge[] => byKind.get(kind) ?? [];
  const resources = (Object.keys(RESOURCES) as ResourceKind[]).flatMap((kind) => RESOURCES[kind](all(kind)));
  const { series, assumed } = requestsOf(byKind, covered);
  const assumptions =
    assumed.length === 0
      ? []
      : [
          `nothing says how many requests ${listed(assumed)} served: ${ASSUMED_RATE} a second were assumed, so that latencies and errors can be judged`,
        ];
  return { series: [...resources, ...series], assumptions };
}

const listed = (names: readonly string[]): string =>
  names.length <= 5 ? names.join(', ') : `${names.slice(0, 5).join(', ')} and ${names.length - 5} others`;

/** `spelled`: services by the words of their names, as other records write them. */
function gaugesIn(given: SeriesByName, spelled: ReadonlyMap<string, string>): readonly Gauge[] {
  const found: (GaugeName & { readonly series: Series; readonly label: string | undefined })[] = [];
  for (const { name } of given.untaken()) {
    const parsed = gaugeName(name);
    if (parsed && !isPartOfHistogram(name, given))
      for (const series of given.peek(name))
        found.push({
          ...parsed,
          ...ofQuantile(series.labels),
          series,
          label: serviceOf(withoutJob(series.labels)),
        });
  }
  const kinds = new Map<string, Set<GaugeKind>>();
  const prefixes = new Map<GaugeKind, Set<string>>();
  for (const { kind, prefix, label } of found) {
    if (label !== undefined || prefix === '' || NOBODY.has(prefix)) continue;
    insert(kinds, prefix, kind);
    insert(prefixes, kind, prefix);
  }
  return found.flatMap((one): Gauge[] => {
    const { label, prefix, kind } = one;
    if (label !== undefined) return ownName(prefix, label) ? [{ ...one, service: label }] : [];
    const known =
      prefix !== '' &&
      !NOBODY.has(prefix) &&
      ((kinds.get(prefix)?.size ?? 0) > 1 || (prefixes.get(kind)?.size ?? 0) > 2);
    const name = spelled.get(prefix) ?? serviceName(one.series.labels['__name__'] ?? '', prefix);
    return known || spelled.has(prefix) ? [{ ...one, service: name }] : [];
  });
}

/** Sum and count of a histogram or summary are counters, whatever its name. */
function isPartOfHistogram(name: string, given: SeriesByName): boolean {
  const [, base] = /^(.+)_(?:sum|count)$/.exec(name) ?? [];
  if (base === undefined) return false;
  return given.has(`${base}_bucket`) || (given.has(`${base}_sum`) && given.has(`${base}_count`));
}

const insert = <K, V>(map: Map<K, Set<V>>, key: K, value: V): void => {
  const set = map.get(key);
  if (set) set.add(value);
  else map.set(key, new Set([value]));
};

/** Whoever scraped such a file is nobody's service. */
const withoutJob = (labels: Labels): Labels => ({ ...labels, job: '', exported_job: '' });

const ofQuantile = ({ quantile }: Labels): { quantile?: number } => {
  const value = Number(quantile);
  return value > 0 && value < 1 ? { quantile: value } : {};
};

/** With a label the name says the kind alone, or the service again, or part of it. */
const ownName = (prefix: string, label: string): boolean => {
  const [own, words] = [wordsOf(label), prefix];
  return (
    words === '' || own === words || own.startsWith(words) || words.startsWith(own) || words.endsWith(own)
  );
};

/** The service as it is written in the name, `_` of names of metrics included. */
const serviceName = (name: string, prefix: string): string => {
  const length = [...name].findIndex((_, at) => wordsOf(name.slice(0, at + 1)) === prefix);
  return length < 0 ? prefix : name.slice(0, length + 1);
};
