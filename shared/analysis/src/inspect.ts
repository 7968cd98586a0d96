import type { Health } from '@gumshoe/model/entities';
import type { Application, World } from '@gumshoe/model/world';
import { rateWindow, selectApplication } from './evidence.ts';
import { worstHealth, type Finding, type InspectionArea } from './finding.ts';
import type { Inspection, Signals, Subject } from './inspections/define.ts';
import { INSPECTIONS } from './inspections/index.ts';
import { evaluateServiceLevel, type ServiceLevel } from './slo/evaluate.ts';

/** One application with everything the inspections say about it. */
export interface InspectedApplication {
  readonly application: Application;
  readonly serviceLevel: ServiceLevel;
  readonly findings: readonly Finding[];
  readonly health: Health;
}

export interface InspectedWorld {
  readonly world: World;
  readonly applications: readonly InspectedApplication[];
  readonly byId: ReadonlyMap<Application['id'], InspectedApplication>;
}

/** Areas whose findings colour an application; the others only inform. */
const COLOURING: ReadonlySet<InspectionArea> = new Set(['SLO', 'Instances', 'Postgres', 'Redis']);

/** Judges every application of the world by every inspection. Same world, same answer. */
export function inspectWorld(world: World, inspections: readonly Inspection[] = INSPECTIONS): InspectedWorld {
  const applications = world.applications.map((application) =>
    inspectApplication(world, application, inspections),
  );
  return { world, applications, byId: new Map(applications.map((one) => [one.application.id, one])) };
}

function inspectApplication(
  world: World,
  application: Application,
  inspections: readonly Inspection[],
): InspectedApplication {
  const serviceLevel = evaluateServiceLevel(world, application);
  const subject = subjectOf(world, application, serviceLevel);
  const findings = inspections.flatMap((inspection) => {
    const verdict = inspection.inspect(subject);
    const { id, title, area } = inspection;
    return verdict ? [{ inspection: id, title, area, ...verdict }] : [];
  });
  const colouring = findings.filter((finding) => COLOURING.has(finding.area));
  return { application, serviceLevel, findings, health: worstHealth(colouring.map((f) => f.health)) };
}

/** What the inspections of one application get to see. */
export function subjectOf(
  world: World,
  application: Application,
  serviceLevel: ServiceLevel,
): Subject & Signals {
  const nodes = new Set(application.instances.map((instance) => instance.node));
  const { id, name, kind, type } = application;
  return {
    application: { id, name, kind, ...(type === undefined ? {} : { type }) },
    range: world.range,
    grid: world.grid,
    window: world.window,
    interval: world.interval,
    select: (metric, ...matchers) => selectApplication(application, metric, ...matchers),
    rateWindow: rateWindow(world),
    nameOf: (other) => world.byId.get(other)?.name ?? other,
    recent: Math.max(2, Math.ceil((3 * world.interval) / world.grid.step)),
    serviceLevel,
    instances: application.instances,
    nodes: world.nodes.filter((node) => nodes.has(node.id)),
    upstreams: application.upstreams,
    downstreams: application.downstreams,
    postgres: application.postgres,
    redis: application.redis,
    logs: application.logs,
  };
}
