import { promqlEvidence, rateWindow, selectApplication } from '@gumshoe/analysis/evidence';
import type { Difference } from '@gumshoe/analysis/deployments/differences';
import type { InspectedApplication } from '@gumshoe/analysis/inspect';
import { ERRORS_ONLY, logRateQuery } from '@gumshoe/analysis/inspections/log-query';
import type { TimeRange } from '@gumshoe/base/time';
import type { World } from '@gumshoe/model/world';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import type { Deployment, DeploymentComparison, DeploymentEvidence } from '../api.ts';
import { requestQueries } from './chart-queries.ts';

/** Queries over both stretches that show what a comparison says, as far as one query can. */
export function deploymentEvidence(
  world: World,
  inspected: InspectedApplication | undefined,
  { name }: Deployment,
  comparison: DeploymentComparison,
): readonly DeploymentEvidence[] {
  if (!inspected?.application.instances.some(({ containerIds }) => containerIds.length > 0)) return [];
  const queries = queriesOf(world, inspected);
  const range: TimeRange = {
    from: comparison.before?.from ?? world.range.from,
    to: comparison.after?.to ?? world.range.to,
  };
  const of = (about: DeploymentEvidence['about'], summary: string): readonly DeploymentEvidence[] => {
    const query = queries[about];
    return query === undefined ? [] : [{ about, ...promqlEvidence(query, range, summary) }];
  };
  return [
    ...of('version', `Containers of ${name} by image.`),
    ...comparison.differences.flatMap(({ metric, message }) => of(metric, message)),
    ...(comparison.newErrors.length > 0 ? of('new-errors', `Error messages of ${name} by sample.`) : []),
  ];
}

type Queries = Readonly<Record<DeploymentEvidence['about'], string | undefined>>;

function queriesOf(world: World, inspected: InspectedApplication): Queries {
  const { application, serviceLevel } = inspected;
  const window = rateWindow(world);
  const select = (metric: string, ...more: readonly string[]) =>
    selectApplication(application, metric, ...more);
  const share = (kind: 'availability' | 'latency') =>
    serviceLevel.slos.find((slo) => slo.kind === kind)?.evidence[0]?.query;
  const requests = requestQueries(world, inspected).all;
  const perRequest = (query: string) => (requests === undefined ? undefined : `${query} / ${requests}`);
  const { cpuUsage, memoryRss, info, oomKills, restarts, logMessages } = CONTAINER_METRICS;
  const memory = select(memoryRss.name);
  const perInstance = `avg(${memory})`;
  const queries: Record<Difference['metric'], string | undefined> = {
    errors: share('availability'),
    slow: share('latency'),
    'cpu-per-request': perRequest(`sum(rate(${select(cpuUsage.name)}${window}))`),
    memory: perInstance,
    'memory-leak': perInstance,
    'memory-per-request': perRequest(`sum(${memory})`),
    'oom-kills': `sum(${select(oomKills.name)})`,
    restarts: `sum(${select(restarts.name)})`,
    'log-errors': logRateQuery({ select, rateWindow: window }, ERRORS_ONLY),
  };
  return {
    ...queries,
    version: `count by (image) (${select(info.name)})`,
    'new-errors': `sum by (sample) (rate(${select(logMessages.name, ERRORS_ONLY)}${window}))`,
  };
}
