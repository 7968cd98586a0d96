import { inspectWorld } from '@gumshoe/analysis/inspect';
import { investigate } from '@gumshoe/analysis/rca/investigate';
import type { Investigation } from '@gumshoe/analysis/rca/report';
import { SeriesWriter } from '@gumshoe/model/testdata/series-writer';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { Cluster } from './cluster.ts';
import { FAULTS, type FaultType } from './faults.ts';
import { INJECTED } from './faults-injected.ts';
import type { Mode } from './modes.ts';
import { Output } from './output.ts';
import { makeScenario, type Scenario } from './scenario.ts';
import { simulate } from './simulate.ts';
import type { Service } from './topology.ts';
import { logLines } from './write-logs.ts';

/** One fault in one cluster, and at which rank its place was found; 0 when it was not. */
export interface Trial {
  readonly fault: string;
  readonly mode: string;
  readonly seed: number;
  readonly depth: number;
  readonly rank: number;
  /** Of the first cause; 0 without one. */
  readonly confidence: number;
  readonly cause: string;
  readonly found: string;
  /** Whether what was done to the place is named there as well; undefined where nothing says what would. */
  readonly named?: boolean;
  readonly series: number;
  readonly ms: number;
}

/** What never ran while somebody looked has no name: the address that its clients call in vain is all there is. */
const isUnseen = ({ mode, effects }: Scenario, { index }: Service): boolean =>
  mode.faultAt < 0 && (effects.get(index)?.down ?? 0) > 0;

const applicationOf = (scenario: Scenario, service: Service): RegExp =>
  isUnseen(scenario, service)
    ? new RegExp(`:(${service.name}|ExternalService:10\\.1\\.${service.index}\\.\\d+:\\d+)$`)
    : applicationNamed(service);

const applicationNamed = (service: Service): RegExp =>
  service.role === 'external'
    ? new RegExp(`:(ExternalService:203\\.0\\.113\\.${service.index + 1}(:\\d+)?|[A-Za-z]+:${service.name})$`)
    : new RegExp(`:${service.name}$`);

function look(scenario: Scenario): {
  readonly report: Investigation;
  readonly series: number;
  readonly ms: number;
} {
  const series = simulate(scenario);
  const history = scenario.window.from - scenario.range.from;
  const before = performance.now();
  const report = investigate(inspectWorld(buildWorld(series, scenario.window, { history })));
  return { report, series: series.length, ms: performance.now() - before };
}

/**
 * Breaks one service of a random cluster and looks for it. undefined when the cluster has no place for the fault, and
 * when there are logs only and nothing is logged about it.
 */
export function tryFault(fault: FaultType, mode: Mode, seed: number): Trial | undefined {
  let guilty: Service | undefined;
  const scenario = makeScenario(seed, mode, (topology, random) => {
    const places = topology.services.filter(
      (service) => fault.at(service, topology) && Number.isFinite(service.depth),
    );
    if (places.length === 0) return new Map();
    const place = random.pick(places);
    guilty = place;
    return new Map([[place.index, fault.effect(random, place)]]);
  });
  if (!guilty || isOver(scenario) || !isTold(scenario, guilty)) return undefined;
  const { report, series, ms } = look(scenario);
  const wanted = applicationOf(scenario, guilty);
  const ranked = [...new Set(report.causes.map((cause) => cause.application))];
  const [top] = report.causes;
  const there = report.causes.find((cause) => wanted.test(cause.application));
  return {
    fault: fault.name,
    mode: mode.name,
    seed,
    depth: guilty.depth,
    rank: ranked.findIndex((id) => wanted.test(id)) + 1,
    confidence: top?.confidence ?? 0,
    cause: guilty.name,
    found: describe(report),
    ...(fault.why ? { named: there !== undefined && fault.why.includes(there.kind) } : {}),
    series,
    ms,
  };
}

/** A fault that ended before the window begins is none of the window's. */
const isOver = ({ effects, faultFrom, window }: Scenario): boolean =>
  [...effects.values()].some(({ lasts = Infinity }) => faultFrom + 1000 * lasts <= window.from);

/** Lines with errors that a fault must cause for logs alone to tell of it. */
const LEAST_LINES = 10;

/** Where there are logs only: whether anybody logs about the place what would not be there without the fault. */
function isTold(scenario: Scenario, { name, index, role }: Service): boolean {
  const { mode, topology, range, faultFrom } = scenario;
  if (mode.signals !== 'logs') return true;
  // without a log of its own it is no application there
  if (role === 'external') return false;
  const lines = (of: Scenario): number => {
    const output = new Output(of, new Cluster(of), new SeriesWriter(range, mode.interval));
    const about = topology.services.flatMap((service) =>
      logLines(output, service).filter(
        ({ level, sample }) =>
          level === 'error' && (service.index === index || sample.split(' ').includes(name)),
      ),
    );
    let count = 0;
    for (let at = faultFrom; at < range.to; at += mode.interval)
      for (const { rate } of about) count += (rate(at) * mode.interval) / 1000;
    return count;
  };
  const before = lines({ ...scenario, effects: new Map() });
  return lines(scenario) - before >= Math.max(LEAST_LINES, before);
}

function describe({ causes, impacted }: Investigation): string {
  const [top] = causes;
  if (top) return `${top.application} ${top.kind} ${top.score}`;
  return impacted.length > 0 ? 'no cause' : 'no impact';
}

/** Incidents that a calm cluster is said to have. */
export interface Quiet {
  readonly false: number;
  readonly what: string;
  readonly hours: number;
}

/** A cluster in which versions, CPU, logs and traffic change, and nothing is wrong. */
export function quiet(mode: Mode, seed: number): Quiet {
  const scenario = makeScenario(seed, mode, () => new Map());
  const { report } = look(scenario);
  return {
    false: report.impacted.length > 0 ? 1 : 0,
    what: report.impacted.map(({ message }) => message).join(' '),
    hours: (scenario.window.to - scenario.window.from) / 3_600_000,
  };
}

/** What is broken in clusters that are seen so. */
export const faultsOf = (mode: Mode): readonly FaultType[] => {
  if (mode.foreign === 'resources') return INJECTED.filter(({ onResources }) => onResources);
  return mode.foreign ? INJECTED : FAULTS;
};

export { FAULTS };
