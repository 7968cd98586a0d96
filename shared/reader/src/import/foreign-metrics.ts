import type { Labels, Series } from '@gumshoe/base/series';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { METRICS } from '@gumshoe/schema/metrics/catalogue';
import { ALTERNATIVES, CONTAINER_RATES, CONTAINER_RULES } from './container-metrics.ts';
import { translateClouds } from './cloud-metrics.ts';
import { translateDatabases } from './database-metrics.ts';
import { podOf, podPart, serviceOf, type Rule } from './foreign-labels.ts';
import { translateGpus } from './gpu-metrics.ts';
import { machineNames, withMachines } from './machine-names.ts';
import { NODE_RULES } from './node-metrics.ts';
import { fluctuates, integrated } from './rates.ts';
import { PROCESS_RULES, RUNTIME_RULES } from './runtime-metrics.ts';
import { SeriesByName } from './series-by-name.ts';
import { translateGauges } from './service-gauges.ts';
import { translateRequests } from './translate-requests.ts';

/** What other systems' series say in terms of the catalogue. */
export interface Translated {
  readonly series: readonly Series[];
  /** Services whose requests a mesh counted: those of their spans are not counted again. */
  readonly covered: ReadonlySet<string>;
  /** Metrics that stand for nothing in the catalogue; they can be queried all the same. */
  readonly untranslated: readonly { readonly name: string; readonly series: number }[];
  /** What had to be assumed, in sentences. */
  readonly assumptions: readonly string[];
}

const RULES: Readonly<Record<string, Rule>> = {
  ...CONTAINER_RULES,
  ...CONTAINER_RATES,
  ...NODE_RULES,
  ...PROCESS_RULES,
  ...RUNTIME_RULES,
};

/** Where a counter of the catalogue is asked for and something else may come. */
const COUNTERS: ReadonlySet<string> = new Set(
  METRICS.filter(({ type }) => type === 'counter').map(({ name }) => name),
);
const OURS: readonly string[] = METRICS.flatMap(({ name, type }) =>
  type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`, name] : [name],
);

const UNLIMITED = 2 ** 60;
const SOME_LIMIT = new Set(['container_spec_memory_limit_bytes', 'container_fs_limit_bytes']);

/**
 * What cAdvisor, kube-state-metrics, the node exporter, meshes, OpenTelemetry and published data sets measured, in terms of
 * the catalogue. The foreign series stay as they are beside them, and the new ones keep what else their labels say.
 * Metrics that the catalogue has already are left alone. `withSpans` are the services that spans tell of.
 */
export function translateForeign(series: readonly Series[], withSpans: ReadonlySet<string>): Translated {
  const given = new SeriesByName(series);
  for (const name of OURS) given.take(name);
  const measured = [
    ...translateByRules(given),
    ...translateDatabases(given),
    ...translateGpus(given),
    ...translateClouds(given),
  ];
  const requests = translateRequests(given, withSpans);
  const covered = new Set([...withSpans, ...requests.covered, ...servicesIn(requests.series)]);
  const gauges = translateGauges(given, covered, new Set([...covered, ...workloadsIn(measured)]));
  const names = machineNames(given);
  return {
    series: withMachines([...measured, ...requests.series, ...gauges.series], names, given),
    covered: requests.covered,
    untranslated: given.untaken(),
    assumptions: gauges.assumptions,
  };
}

const servicesIn = (series: readonly Series[]): readonly string[] => [
  ...new Set(series.map(({ labels }) => labels['service_name'] ?? '')),
];

/** Names of what was measured: a gauge's name has room for fewer signs. */
const workloadsIn = (series: readonly Series[]): readonly string[] =>
  series.flatMap(({ labels }) => serviceOf({ ...labels, job: '', exported_job: '' }) ?? []);

function translateByRules(given: SeriesByName): readonly Series[] {
  for (const name of Object.keys(RULES)) given.take(name);
  const rules = Object.entries(RULES).filter(([name]) => isWanted(name, given));
  const measured = Object.entries({ ...CONTAINER_RULES, ...CONTAINER_RATES }).some(
    ([name, { to }]) => to === CONTAINER_METRICS.cpuUsage.name && given.has(name),
  );
  return rules.flatMap(([name, rule]) => {
    if (measured && name in PROCESS_RULES) return [];
    // beside containers, only what says which one it is in
    const told = measured && name in RUNTIME_RULES;
    const own = given.take(name);
    const containers = new Set(own.flatMap(({ labels }) => podOfContainer(labels)));
    return own.flatMap((one) => {
      if (isOurs(rule, one.labels, given) || isSum(one.labels, containers)) return [];
      if (told && !podOf(one.labels) && !one.labels['container_id']) return [];
      if (SOME_LIMIT.has(name) && !one.values.some((value) => value > 0 && value < UNLIMITED)) return [];
      return [rule, ...(rule.also ? [rule.also] : [])].flatMap((each) => translated(one, each, name));
    });
  });
}

/** Of metrics that measure the same, the first that a case has. */
const isWanted = (name: string, given: SeriesByName): boolean =>
  ALTERNATIVES.every((list) => {
    const at = list.indexOf(name);
    return at <= 0 || !list.slice(0, at).some((better) => given.has(better));
  });

const podOfContainer = (labels: Labels): readonly string[] => {
  const part = podPart(labels);
  return part?.container ? [part.pod] : [];
};

/** Whether the series is the sum of a pod whose containers are there themselves. */
const isSum = (labels: Labels, containers: ReadonlySet<string>): boolean => {
  const part = podPart(labels);
  return part !== undefined && !part.container && containers.has(part.pod) && !labels['interface'];
};

function translated(series: Series, { to, scale, labels }: Rule, name: string): readonly Series[] {
  const ours = labels(series.labels);
  if (!ours) return [];
  const counted = COUNTERS.has(to) && (name in CONTAINER_RATES || fluctuates(series));
  const own = counted ? integrated(series) : series.values;
  const values = scale === undefined ? own : own.map((value) => value * scale);
  return [{ labels: { ...series.labels, ...ours, __name__: to }, timestamps: series.timestamps, values }];
}

/** Already in terms of the catalogue: nothing to translate. */
const isOurs = ({ to }: Rule, labels: Labels, given: SeriesByName): boolean =>
  to === labels['__name__'] ? labels['container_id'] !== undefined : given.has(to);
