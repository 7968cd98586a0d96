import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import type { Effect } from './faults.ts';
import type { Mode } from './modes.ts';
import { makeTopology, randomSource, type Random, type Service, type Topology } from './topology.ts';

/** A time at which something harmless happens to a service. */
export interface Decoy {
  readonly service: number;
  readonly at: number;
}

/** One instance for a part of the time. */
export interface Replica {
  /** Which of the instances that are there at one time. */
  readonly slot: number;
  readonly node: number;
  readonly pod: string;
  readonly address: string;
  readonly image: string;
  readonly from?: number;
  readonly to?: number;
}

/** A cluster, what goes on in it, and what of that can be seen. */
export interface Scenario {
  readonly topology: Topology;
  readonly mode: Mode;
  readonly range: TimeRange;
  readonly window: TimeRange;
  readonly faultFrom: number;
  /** What is wrong, by service; nothing in quiet times. */
  readonly effects: ReadonlyMap<number, Effect>;
  /** New versions with nothing wrong in them. */
  readonly deploys: readonly Decoy[];
  /** More CPU, without anybody noticing; some for three minutes, some for good. */
  readonly cpuChanges: readonly (Decoy & { readonly lasts: number })[];
  /** A new error message in the log of a service that works. */
  readonly complaints: readonly Decoy[];
  /** More requests for two minutes, and how many times as many. */
  readonly bursts: readonly { readonly at: number; readonly times: number }[];
  /** Seconds after which callers give up; Infinity: never. */
  readonly timeout: number;
  /** Relative noise of latencies. */
  readonly noise: number;
  /** Where in the day it is, radians: traffic rises or falls. */
  readonly phase: number;
  readonly random: Random;
}

const START = 1_790_000_000_000;
const MINUTE = 60_000;
/** Callers wait so many times the usual latency of the slowest path, at least a second; nobody sets less. */
const TIMEOUTS = [10, 30, Infinity] as const;
const LEAST_TIMEOUT = 1;

/** Everything of a scenario follows from the seed, the mode and the effects. */
export function makeScenario(
  seed: number,
  mode: Mode,
  effectsFor: (topology: Topology, random: Random) => ReadonlyMap<number, Effect>,
): Scenario {
  const random = randomSource(seed);
  const topology = makeTopology(random);
  const effects = effectsFor(topology, random);
  const from = START + Math.floor(random.between(0, 86_400)) * 1000;
  const to = from + mode.minutes * MINUTE;
  const faultFrom = from + mode.faultAt * MINUTE;
  const innocent = topology.services.filter(({ index, role }) => role === 'service' && !effects.has(index));
  const around = (spread: number): number => faultFrom + random.between(-spread, spread);
  const earlier = (): number => faultFrom - random.between(0.2, 0.8) * mode.faultAt * MINUTE;
  const decoy = (at: number): readonly Decoy[] =>
    innocent.length === 0 ? [] : [{ service: random.pick(innocent).index, at }];
  return {
    topology,
    mode,
    range: range(from, to),
    window: range(from + mode.windowAt * MINUTE, to),
    faultFrom,
    effects,
    // one at the very time, one a while before; a service is deployed once only
    deploys: [...decoy(around(30_000)), ...decoy(earlier())].filter(
      (one, i, all) => all.findIndex((other) => other.service === one.service) === i,
    ),
    cpuChanges: [
      ...decoy(around(30_000)).map((one) => ({ ...one, lasts: Infinity })),
      ...decoy(earlier()).map((one) => ({ ...one, lasts: 3 * MINUTE })),
    ],
    complaints: decoy(around(30_000)),
    bursts: Array.from({ length: random.whole(0, 2) }, () => ({
      at: earlier(),
      times: random.between(1.3, 1.9),
    })),
    timeout: Math.max(LEAST_TIMEOUT, random.pick(TIMEOUTS) * usualLatency(topology)),
    noise: random.between(0.08, 0.25),
    phase: random.between(0, 2 * Math.PI),
    random,
  };
}

/** Mean latency at the frontend when nothing is wrong, seconds. */
function usualLatency({ services }: Topology): number {
  const latency = services.map(() => 0);
  // calls only ever point to higher layers or to stores
  for (let i = services.length - 1; i >= 0; i--) {
    const { own, calls } = services[i]!;
    latency[i] = calls.reduce((sum, { server, times }) => sum + times * latency[server]!, own);
  }
  return latency[0]!;
}

const range = (from: number, to: number): TimeRange => ({ from: milliseconds(from), to: milliseconds(to) });

const PORT: Readonly<Record<Service['role'], number>> = {
  frontend: 80,
  service: 8080,
  external: 443,
  postgres: 5432,
  redis: 6379,
};

const IMAGE = 'shop:1';
const NEW_IMAGE = 'shop:2';

/** Instances over time: a deployment replaces them one after the other, a canary only the first. */
export function replicasOf(scenario: Scenario, service: Service): readonly Replica[] {
  const effect = scenario.effects.get(service.index) ?? {};
  const own = effect.newImage ? scenario.faultFrom - 10_000 : undefined;
  const at = own ?? scenario.deploys.find((one) => one.service === service.index)?.at;
  const down = Math.ceil((effect.down ?? 0) * service.instances.length);
  return service.instances.flatMap((one, i): readonly Replica[] => {
    const first = {
      ...one,
      slot: i,
      address: `10.1.${service.index}.${i + 1}:${PORT[service.role]}`,
      image: IMAGE,
      ...(i < down ? { to: scenario.faultFrom } : {}),
    };
    if (at === undefined || (effect.canary && i > 0)) return [first];
    const pod = one.pod.replace(/-[^-]+-[^-]+$/, `-7d9f8c6b5-${one.pod.slice(-4)}n`);
    return [
      { ...first, to: at },
      {
        ...first,
        pod,
        address: first.address.replace(/\d+:/, `${i + 101}:`),
        image: effect.sameImage ? IMAGE : NEW_IMAGE,
        from: at,
      },
    ];
  });
}

/** Where a service of somebody else is reached. */
export const externalAddress = ({ index, role }: Service): string => `203.0.113.${index + 1}:${PORT[role]}`;
