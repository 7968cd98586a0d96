import type { Labels, Series } from '@gumshoe/base/series';
import type { MetricDefinition } from '@gumshoe/schema/metrics/define';
import { POSTGRES_BACKUP_METRICS as B } from '@gumshoe/schema/metrics/postgres-backups';
import type { BackupMethod, BackupRun, PostgresBackups } from '../database-target.ts';
import type { BuildContext } from './context.ts';
import { compareText } from './dependencies.ts';

/** Newest runs kept. */
const MAX_RUNS = 20;

/** Series that carry the name of the cluster beside their own. */
const OWNED: ReadonlySet<MetricDefinition> = new Set([B.run, B.runCompleted, B.schedule, B.nextScheduled]);

/** Backups of one PostgreSQL cluster, and which Kubernetes cluster it runs in; '' for the only one. */
export interface PlacedBackups {
  readonly home: string;
  readonly backups: PostgresBackups;
}

/** What the operators say about the backups of each PostgreSQL cluster. */
export function buildBackups(context: BuildContext): readonly PlacedBackups[] {
  const clusters = new Map<string, { home: string; namespace: string; name: string; entries: Entry[] }>();
  const owners = ownersOfRuns(context);
  for (const metric of Object.values(B)) {
    for (const series of context.named(metric)) {
      const { labels } = series;
      const home = context.clusterOf(labels);
      const { namespace = '' } = labels;
      const name = clusterName(metric, labels, home, owners);
      const key = JSON.stringify([home, namespace, name]);
      const known = clusters.get(key);
      if (known) known.entries.push({ metric, series });
      else clusters.set(key, { home, namespace, name, entries: [{ metric, series }] });
    }
  }
  return [...clusters]
    .filter(([, { entries }]) => entries.some(({ metric }) => metric !== B.runStatus))
    .sort(([a], [b]) => compareText(a, b))
    .map(([, { home, namespace, name, entries }]) => ({
      home,
      backups: backupsOf(namespace, name, entries),
    }));
}

/** The phase of a run does not say whose it is; its description does. */
function ownersOfRuns(context: BuildContext): ReadonlyMap<string, string> {
  return new Map(
    context.named(B.run).flatMap(({ labels }) => {
      const owner = ownerLabel(labels, context.clusterOf(labels));
      return owner === undefined ? [] : [[objectKey(labels, context.clusterOf(labels)), owner] as const];
    }),
  );
}

function clusterName(
  metric: MetricDefinition,
  labels: Labels,
  home: string,
  owners: ReadonlyMap<string, string>,
): string {
  const { name = '' } = labels;
  if (metric === B.runStatus) return owners.get(objectKey(labels, home)) ?? name;
  return OWNED.has(metric) ? (ownerLabel(labels, home) ?? name) : name;
}

/** Where samples of several Kubernetes clusters are merged, the label names that one, and Prometheus keeps ours aside. */
const ownerLabel = ({ cluster, exported_cluster: kept }: Labels, home: string): string | undefined =>
  kept ?? (cluster === home ? undefined : cluster);

const objectKey = ({ namespace = '', name = '' }: Labels, home: string): string =>
  JSON.stringify([home, namespace, name]);

interface Entry {
  readonly metric: MetricDefinition;
  readonly series: Series;
}

function backupsOf(namespace: string, cluster: string, entries: readonly Entry[]): PostgresBackups {
  const of = (metric: MetricDefinition): readonly Series[] =>
    entries.filter((entry) => entry.metric === metric).map(({ series }) => series);
  const lastFailed = newest(of(B.lastFailed));
  const nextScheduled = newest(of(B.nextScheduled));
  return {
    namespace,
    cluster,
    operator: entries[0]!.series.labels.operator ?? '',
    methods: methodsOf(of(B.lastSuccessful), of(B.firstRecoverability), of(B.target)),
    ...(lastFailed === undefined ? {} : { lastFailed }),
    ...(nextScheduled === undefined ? {} : { nextScheduled }),
    conditions: new Map(
      latestByKey(of(B.clusterStatus), 'type').map(({ type = '', status = '', reason = '' }) => [
        type,
        { status, reason },
      ]),
    ),
    runs: runsOf(of(B.run), of(B.runStatus), of(B.runCompleted)),
  };
}

function methodsOf(
  successes: readonly Series[],
  points: readonly Series[],
  targets: readonly Series[],
): readonly BackupMethod[] {
  const names = [...successes, ...points, ...targets].map(({ labels }) => labels.method ?? '');
  return [...new Set(names)].sort(compareText).map((method) => {
    const of = (all: readonly Series[]) =>
      newest(all.filter(({ labels }) => (labels.method ?? '') === method));
    const lastSuccessful = of(successes);
    const firstRecoverable = of(points);
    return {
      method,
      ...(lastSuccessful === undefined ? {} : { lastSuccessful }),
      ...(firstRecoverable === undefined ? {} : { firstRecoverable }),
    };
  });
}

function runsOf(
  runs: readonly Series[],
  phases: readonly Series[],
  completions: readonly Series[],
): readonly BackupRun[] {
  const status = new Map(latestByKey(phases, 'name').map((labels) => [labels.name, labels.status ?? '']));
  const completed = new Map(completions.map((series) => [series.labels.name, series.values.at(-1)!]));
  return [...new Set(runs.map(({ labels }) => labels.name ?? ''))]
    .map((name): BackupRun => {
      const at = completed.get(name);
      return { name, status: status.get(name) ?? '', ...(at === undefined ? {} : { completed: at }) };
    })
    .sort((a, b) => (b.completed ?? Infinity) - (a.completed ?? Infinity) || compareText(b.name, a.name))
    .slice(0, MAX_RUNS);
}

function newest(series: readonly Series[]): number | undefined {
  const values = series.map(({ values: all }) => all.at(-1)!).filter((value) => value > 0);
  return values.length > 0 ? Math.max(...values) : undefined;
}

/** Labels of the series that held last, for each value of `label`. */
function latestByKey(series: readonly Series[], label: string): readonly Labels[] {
  const latest = new Map<string, Series>();
  for (const one of series) {
    if (!(one.values.at(-1)! > 0)) continue;
    const key = one.labels[label] ?? '';
    const known = latest.get(key);
    if (!known || one.timestamps.at(-1)! > known.timestamps.at(-1)!) latest.set(key, one);
  }
  return [...latest].sort(([a], [b]) => compareText(a, b)).map(([, { labels }]) => labels);
}
