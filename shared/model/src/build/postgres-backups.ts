import type { Labels, Series } from '@gumshoe/base/series';
import type { MetricDefinition } from '@gumshoe/schema/metrics/define';
import { POSTGRES_BACKUP_METRICS as B } from '@gumshoe/schema/metrics/postgres-backups';
import type { BackupMethod, BackupRun, PostgresBackups } from '../database-target.ts';
import type { BuildContext } from './context.ts';
import { compareText } from './dependencies.ts';

/** Newest runs kept. */
const MAX_RUNS = 20;

/** What the operators say about the backups of each cluster, by `namespace/name`. */
export function buildBackups(context: BuildContext): ReadonlyMap<string, PostgresBackups> {
  const series = Object.values(B).flatMap((metric) => context.named(metric).map((one) => ({ metric, one })));
  const clusters = new Map<string, { metric: MetricDefinition; one: Series }[]>();
  // the phase of a run does not say whose it is; its description does
  const owners = new Map(context.named(B.run).map(({ labels }) => [objectKey(labels), labels.cluster]));
  for (const entry of series) {
    const { namespace = '', name = '', cluster = name } = entry.one.labels;
    const owner = entry.metric === B.runStatus ? (owners.get(objectKey(entry.one.labels)) ?? name) : cluster;
    const key = `${namespace}/${owner}`;
    const list = clusters.get(key);
    if (list) list.push(entry);
    else clusters.set(key, [entry]);
  }
  return new Map(
    [...clusters]
      .filter(([, entries]) => entries.some(({ metric }) => metric !== B.runStatus))
      .sort(([a], [b]) => compareText(a, b))
      .map(([key, entries]) => [key, backupsOf(key, entries)]),
  );
}

const objectKey = ({ namespace = '', name = '' }: Labels): string => `${namespace}/${name}`;

type Entries = readonly { readonly metric: MetricDefinition; readonly one: Series }[];

function backupsOf(key: string, entries: Entries): PostgresBackups {
  const slash = key.indexOf('/');
  const of = (metric: MetricDefinition): readonly Series[] =>
    entries.filter((entry) => entry.metric === metric).map(({ one }) => one);
  const lastFailed = newest(of(B.lastFailed));
  const nextScheduled = newest(of(B.nextScheduled));
  return {
    namespace: key.slice(0, slash),
    cluster: key.slice(slash + 1),
    operator: entries[0]!.one.labels.operator ?? '',
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
