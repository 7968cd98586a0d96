import { inspectWorld } from '@gumshoe/analysis/inspect';
import { investigate } from '@gumshoe/analysis/rca/investigate';
import type { Investigation } from '@gumshoe/analysis/rca/report';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { FAULTS, type Effect, type FaultType } from './faults.ts';
import { rangeFrom, simulate, type Scenario } from './simulate.ts';
import { makeTopology, randomSource, type Service, type Topology } from './topology.ts';

/** One fault in one cluster, and at which rank its place was found; 0 when it was not. */
export interface Trial {
  readonly fault: string;
  readonly seed: number;
  readonly depth: number;
  readonly rank: number;
  readonly cause: string;
  readonly found: string;
  readonly series: number;
  readonly ms: number;
}

const START = 1_790_000_000_000;
const MINUTES = 40;
const FAULT_AT = 28;

interface Given {
  readonly seed: number;
  readonly interval: number;
  readonly probes: boolean;
}

function scenarioOf(
  seed: number,
  effectsFor: (topology: Topology, random: ReturnType<typeof randomSource>) => ReadonlyMap<number, Effect>,
  given: Given,
): Scenario {
  const random = randomSource(seed);
  const topology = makeTopology(random);
  const effects = effectsFor(topology, random);
  const range = rangeFrom(START + Math.floor(random.between(0, 86_400)) * 1000, MINUTES);
  const innocent = topology.services.filter(({ index, role }) => role === 'service' && !effects.has(index));
  const faultFrom = range.from + FAULT_AT * 60_000;
  return {
    topology,
    range,
    interval: given.interval,
    faultFrom,
    effects,
    decoyDeploys: innocent
      .slice(0, 1)
      .map(({ index }) => ({ service: index, at: faultFrom - random.between(60_000, 500_000) })),
    decoyBursts: innocent
      .slice(1, 2)
      .map(({ index }) => ({ service: index, at: faultFrom - random.between(-60_000, 300_000) })),
    probes: given.probes,
    random,
  };
}

const applicationOf = (service: Service): RegExp =>
  service.role === 'external'
    ? new RegExp(`:ExternalService:203\\.0\\.113\\.${service.index + 1}(:|$)`)
    : new RegExp(`:${service.name}$`);

function look(scenario: Scenario): {
  readonly report: Investigation;
  readonly series: number;
  readonly ms: number;
} {
  const series = simulate(scenario);
  const history = (FAULT_AT - 5) * 60_000;
  const window = { from: rangeFrom(scenario.range.from + history, 1).from, to: scenario.range.to };
  const before = performance.now();
  const report = investigate(inspectWorld(buildWorld(series, window, { history })));
  return { report, series: series.length, ms: performance.now() - before };
}

/** Breaks one service of a random cluster and looks for it. undefined when the cluster has no place for the fault. */
export function tryFault(fault: FaultType, given: Given): Trial | undefined {
  let guilty: Service | undefined;
  const scenario = scenarioOf(
    given.seed,
    (topology, random) => {
      const places = topology.services.filter(
        (service) => fault.at(service, topology) && Number.isFinite(service.depth),
      );
      if (places.length === 0) return new Map();
      const place = random.pick(places);
      guilty = place;
      return new Map([[place.index, fault.effect(random, place)]]);
    },
    given,
  );
  if (!guilty) return undefined;
  const { report, series, ms } = look(scenario);
  const wanted = applicationOf(guilty);
  const ranked = [...new Set(report.causes.map((cause) => cause.application))];
  const rank = ranked.findIndex((id) => wanted.test(id)) + 1;
  const [top] = report.causes;
  return {
    fault: fault.name,
    seed: given.seed,
    depth: guilty.depth,
    rank,
    cause: guilty.name,
    found: top
      ? `${top.application} ${top.kind} ${top.score}`
      : report.impacted.length > 0
        ? 'no cause'
        : 'no impact',
    series,
    ms,
  };
}

/** Incidents that a calm cluster is said to have. */
export function quiet(given: Given): {
  readonly false: number;
  readonly what: string;
  readonly hours: number;
} {
  const { report } = look(scenarioOf(given.seed, () => new Map(), given));
  return {
    false: report.impacted.length > 0 ? 1 : 0,
    what: report.impacted.map(({ message }) => message).join(' '),
    hours: (MINUTES - FAULT_AT + 5) / 60,
  };
}

export { FAULTS };
