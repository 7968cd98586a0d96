import { matchLabel, promqlEvidence, selectApplication, selectNode } from '@gumshoe/analysis/evidence';
import type { Risk, RiskKind } from '@gumshoe/analysis/risks/find-risks';
import type { Evidence } from '@gumshoe/model/entities';
import type { Application, World } from '@gumshoe/model/world';
import { CLOUD_METRICS } from '@gumshoe/schema/metrics/cloud';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { KUBERNETES_METRICS } from '@gumshoe/schema/metrics/kubernetes';
import type { RiskReport } from '../api.ts';

/** Risks with the queries whose answers they were read from. */
export const risksWithEvidence = (world: World, risks: readonly Risk[]): readonly RiskReport[] =>
  risks.map((risk) => {
    const application = world.byId.get(risk.application);
    return { ...risk, evidence: application ? evidenceOf(world, application, risk) : [] };
  });

function evidenceOf(world: World, application: Application, { kind }: Risk): readonly Evidence[] {
  const evidence = (query: string, summary: string): Evidence => promqlEvidence(query, world.range, summary);
  const { name } = application;
  const running = runningQuery(world, application);
  const placed = running === undefined ? [] : [evidence(running, `What runs of ${name}, by node.`)];
  if (kind === 'db-internet-exposure')
    return exposureQueries(application).map(([query, said]) => evidence(query, said));
  const clouds = ABOUT_CLOUD.has(kind) ? cloudQuery(world, application) : undefined;
  return clouds === undefined
    ? placed
    : [...placed, evidence(clouds, `Zone and life cycle of the nodes of ${name}.`)];
}

/** Kinds that also rest on what the cloud says of the nodes. */
const ABOUT_CLOUD: ReadonlySet<RiskKind> = new Set(['single-az-app', 'spot-only-app']);

const hasContainers = ({ instances }: Application): boolean =>
  instances.some(({ containerIds }) => containerIds.length > 0);

/** Containers that use CPU, or where nobody measures that hold memory: those are the ones that run. */
function runningQuery({ window }: World, application: Application): string | undefined {
  if (!hasContainers(application)) return undefined;
  const measured = application.instances.some(({ cpuUsage }) =>
    cpuUsage.subarray(window.lo, window.hi).some((value) => value === value),
  );
  const { cpuUsage, memoryRss } = CONTAINER_METRICS;
  return `count by (machine_id, container_id) (${selectApplication(application, (measured ? cpuUsage : memoryRss).name)})`;
}

function exposureQueries(application: Application): readonly (readonly [string, string])[] {
  const services = application.exposedBy.map(({ service }) => service);
  return [
    ...(hasContainers(application)
      ? [
          [
            selectApplication(application, CONTAINER_METRICS.tcpListen.name),
            'Addresses it listens on.',
          ] as const,
        ]
      : []),
    ...services.map((service) => [serviceQuery(service), `The service ${service}.`] as const),
  ];
}

/** `service`: `namespace/name`. */
function serviceQuery(service: string): string {
  const [namespace = '', name = ''] = service.split('/');
  return `${KUBERNETES_METRICS.serviceInfo.name}{${matchLabel('namespace', [namespace])},${matchLabel('service', [name])}}`;
}

function cloudQuery(world: World, { instances }: Application): string | undefined {
  const ids = new Set(instances.map(({ node }) => node));
  const selected = world.nodes
    .filter(({ id, cloud }) => cloud !== undefined && ids.has(id))
    .map((node) => selectNode(node, CLOUD_METRICS.info.name));
  return selected.length === 0 ? undefined : selected.join(' or ');
}
