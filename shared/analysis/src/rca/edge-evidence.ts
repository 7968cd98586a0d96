import type { ApplicationId, Evidence } from '@gumshoe/model/entities';
import { CONTAINER_METRICS, REQUEST_METRICS } from '@gumshoe/schema/metrics/container';
import { requestMetrics, type RequestSource } from '@gumshoe/schema/metrics/requests';
import { rateWindow, selectDependency } from '../evidence.ts';
import { measured } from './claim.ts';
import type { DependencyChange } from './dependency-change.ts';
import type { Frame } from './frame.ts';

const inFlightOf = (protocol: RequestSource): string =>
  protocol === 'otel' ? requestMetrics(protocol).count.name : REQUEST_METRICS[protocol].inFlightAge.name;

/** One reason why a dependency is worse off than before, with the query that shows it. */
export function edgeEvidence(
  { dependency, before, during }: DependencyChange,
  reason: string,
  frame: Frame,
): Evidence {
  const nameOf = (id: ApplicationId): string => frame.world.byId.get(id)?.name ?? id;
  const summary = `${nameOf(dependency.client)} → ${nameOf(dependency.server)}: ${reason}.`;
  const window = rateWindow(frame.world);
  const protocol = dependency.requests[0]?.protocol;
  const rate = (metric: string, ...more: readonly string[]): string =>
    `sum(rate(${selectDependency(dependency, metric, ...more)}${window}))`;
  if (!protocol || reason.startsWith('failed connection'))
    return measured(frame, rate(CONTAINER_METRICS.tcpFailedConnects.name), summary, {
      value: during.refused,
      before: before.refused,
      unit: 'per-second',
    });
  const metrics = requestMetrics(protocol);
  if (reason.startsWith('mean latency')) {
    const { name } = metrics.duration;
    return measured(frame, `${rate(`${name}_sum`)} / ${rate(`${name}_count`)}`, summary, {
      value: during.mean,
      before: before.mean,
      unit: 'seconds',
    });
  }
  if (reason.startsWith('failed requests'))
    return measured(
      frame,
      `${rate(metrics.count.name, 'status=~"5..|failed"')} / ${rate(metrics.count.name)}`,
      summary,
      { value: during.errorRatio, before: before.errorRatio || 0, unit: 'ratio' },
    );
  if (reason.startsWith('oldest'))
    return measured(frame, `max(${selectDependency(dependency, inFlightOf(protocol))})`, summary, {
      value: during.oldest,
      before: before.oldest,
      unit: 'seconds',
    });
  return measured(frame, rate(metrics.count.name), summary, {
    value: during.rate,
    before: before.rate,
    unit: 'requests/second',
  });
}
