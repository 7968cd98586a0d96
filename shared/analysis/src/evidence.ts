import { SECOND, type TimeRange } from '@gumshoe/base/time';
import type { Evidence } from '@gumshoe/model/entities';
import type { Application, Dependency, World } from '@gumshoe/model/world';

const REGEX_SPECIAL = /[.*+?^${}()|[\]\\]/g;

/** Label matcher for one or several values, quoted for PromQL. */
export function matchLabel(label: string, values: readonly string[]): string {
  const distinct = [...new Set(values)];
  if (distinct.length === 1) return `${label}=${JSON.stringify(distinct[0])}`;
  const pattern = distinct.map((value) => value.replace(REGEX_SPECIAL, '\\$&')).join('|');
  return `${label}=~${JSON.stringify(pattern)}`;
}

/** `metric{container_id…}` for all containers of an application, with further matchers. */
export function selectApplication(
  application: Pick<Application, 'instances'>,
  metric: string,
  ...more: readonly string[]
): string {
  const ids = application.instances.flatMap((instance) => instance.containerIds);
  return `${metric}{${[matchLabel('container_id', ids), ...more].join(',')}}`;
}

/** `metric{client container, destination}` for everything seen between two applications. */
export function selectDependency(dependency: Dependency, metric: string, ...more: readonly string[]): string {
  const clients = dependency.links.map((link) => link.clientContainerId);
  const destinations = dependency.links.map((link) => link.destination);
  const matchers = [matchLabel('container_id', clients), matchLabel('destination', destinations), ...more];
  return `${metric}{${matchers.join(',')}}`;
}

/** `[60s]` or wider, so that several samples fall into it. */
export function rateWindow(world: Pick<World, 'interval'>): string {
  const seconds = Math.max(30, Math.ceil((4 * world.interval) / SECOND));
  return `[${seconds}s]`;
}

export function promqlEvidence(query: string, range: TimeRange, summary: string): Evidence {
  return { kind: 'promql', query, from: range.from, to: range.to, summary };
}
