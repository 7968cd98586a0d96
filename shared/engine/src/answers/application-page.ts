import type { Finding as Judged } from '@gumshoe/analysis/finding';
import type { InspectedApplication, InspectedWorld } from '@gumshoe/analysis/inspect';
import { lastOf, sumOf } from '@gumshoe/model/columns';
import type { Instance, World } from '@gumshoe/model/world';
import type { ApplicationPage, BlindSpot, Finding, InstanceRow } from '../api.ts';
import { applicationCharts, findingChart } from './charts.ts';
import { applicationRow, blindSpotsOf } from './overview.ts';
import { serviceMapEdge } from './service-map.ts';

export function applicationPageOf(
  inspected: InspectedWorld,
  one: InspectedApplication,
  hasProfile: boolean,
  more: readonly BlindSpot[],
): ApplicationPage {
  const { world } = inspected;
  const { application } = one;
  const own = blindSpotsOf(inspected).filter(
    ({ subject }) => subject === application.name || subject.startsWith('node'),
  );
  return {
    row: applicationRow(world, one),
    range: world.range,
    findings: one.findings.map((finding) => chartedFinding(world, finding)),
    instances: application.instances.map((instance) => instanceRow(world, instance)),
    upstreams: application.upstreams.map((dependency) => serviceMapEdge(inspected, dependency)),
    downstreams: application.downstreams.map((dependency) => serviceMapEdge(inspected, dependency)),
    charts: applicationCharts(world, one),
    hasProfile,
    blindSpots: [...own, ...more],
  };
}

const chartedFinding = (world: World, finding: Judged): Finding => {
  const chart = findingChart(world, finding);
  return { ...findingOf(finding), ...(chart ? { chart } : {}) };
};

/** A finding without its chart. */
export function findingOf(finding: Judged): Finding {
  const { inspection, title, area, health, message, value, threshold, unit } = finding;
  const { instances, evidence, explanation, failure } = finding;
  return {
    inspection,
    title,
    area,
    health,
    message,
    value,
    threshold,
    unit,
    instances,
    evidence,
    explanation,
    ...(failure ? { failure } : {}),
  };
}

function instanceRow(world: World, instance: Instance): InstanceRow {
  const seconds = world.grid.step / 1000;
  return {
    id: instance.id,
    node: world.nodes.find((node) => node.id === instance.node)?.hostname ?? instance.node,
    up: instance.state === 'up',
    restarts: Math.round(sumOf(instance.restarts, world.window) * seconds),
    addresses: instance.addresses,
    cpuUsage: lastOf(instance.cpuUsage, world.window, 4),
    memory: lastOf(instance.memoryRss, world.window, 4),
    lastSeen: instance.lastSeen,
  };
}
