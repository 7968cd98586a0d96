import { randomSource, type Random } from '../rca/topology.ts';
import type { Fault, Injection } from './injections.ts';
import { Physics, Usages } from './physics.ts';
import { seesOf, type Shape } from './shapes.ts';
import { SYSTEMS, keyOf, targetOf, type Service, type System } from './system.ts';

export interface Pod {
  readonly name: string;
  readonly node: string;
  readonly from: number;
  readonly to: number;
}

/** One recording of a test bed, in which something was injected, or nothing. */
export interface TestBed {
  readonly system: System;
  readonly shape: Shape;
  readonly from: number;
  readonly to: number;
  readonly faultFrom: number;
  readonly target: Service;
  readonly injection: Injection;
  readonly physics: Physics;
  readonly usages: Usages;
  readonly random: Random;
  readonly pods: ReadonlyMap<string, readonly Pod[]>;
}

/** Every fault in every shape has clusters of its own. */
const numberOf = (text: string): number =>
  [...text].reduce((sum, one) => (sum * 33 + one.charCodeAt(0)) % 9973, 7);

const START = 1_790_000_000_000;
const MINUTE = 60_000;

/** undefined where the fault does not show in what is recorded. */
export function makeTestBed(shape: Shape, fault: Fault | undefined, seed: number): TestBed | undefined {
  if (fault && !fault.shownBy(seesOf(shape))) return undefined;
  const random = randomSource(seed * 31 + numberOf(`${shape.name} ${fault?.name ?? ''}`));
  const system = random.pick(SYSTEMS.filter(({ name }) => shape.systems?.includes(name) ?? true));
  const from = START + Math.floor(random.between(0, 86_400)) * 1000;
  const faultFrom = from + shape.before * MINUTE;
  const to = faultFrom + shape.after * MINUTE;
  const asked = busyServices(system);
  const queued = consumers(system);
  const places = system.services.filter(
    (one) =>
      asked.has(one.name) &&
      (fault === undefined || isPlace(fault, one, shape)) &&
      !(fault?.isAsked && queued.has(one.name)) &&
      !(fault?.isCalled && system.entries.some(({ service }) => service === one.name)),
  );
  const target = random.pick(places);
  const injection = fault?.effect(random) ?? {};
  const buggy = keyOf(random.pick(target.operations.filter((one) => busiest(target).includes(one))));
  const users = random.between(10, 40);
  const course = { system, target: target.name, injection, buggy, faultFrom, users, think: 1 };
  const physics = new Physics(course, random);
  return {
    system,
    shape,
    from,
    to,
    faultFrom,
    target,
    injection,
    physics,
    usages: new Usages(physics, random),
    random,
    pods: podsOf({ system, target, injection, from, to, faultFrom, random, isCalm: fault === undefined }),
  };
}

/** A bug is in an operation that calls somebody, when it is about a call. */
const busiest = ({ operations }: Service) =>
  operations.some((one) => one.calls.length > 0)
    ? operations.filter((one) => one.calls.length > 0)
    : operations;

/** Nobody can tell what happens to what nothing is recorded of, and what users themselves ask is asked of all. */
function isPlace(fault: Fault, service: Service, shape: Shape): boolean {
  if (!fault.at(service)) return false;
  return service.isStore ? seesOf(shape).resources : true;
}

/** Services that get at least one request in fifty. */
function busyServices(system: System): ReadonlySet<string> {
  const rates = new Map<string, number>(system.entries.map((one) => [targetOf(one), one.times]));
  for (const operation of system.order.toReversed())
    for (const call of operation.calls)
      rates.set(
        targetOf(call),
        (rates.get(targetOf(call)) ?? 0) + (rates.get(keyOf(operation)) ?? 0) * call.times,
      );
  return new Set(
    system.services
      .filter((one) => one.operations.reduce((sum, each) => sum + (rates.get(keyOf(each)) ?? 0), 0) > 0.02)
      .map(({ name }) => name),
  );
}

const consumers = ({ services }: System): ReadonlySet<string> =>
  new Set(
    services
      .filter((one) => one.isStore)
      .flatMap(({ operations }) => operations.flatMap(({ calls }) => calls.map(({ service }) => service))),
  );

function podsOf(
  bed: Pick<TestBed, 'system' | 'target' | 'injection' | 'from' | 'to' | 'faultFrom' | 'random'> & {
    readonly isCalm: boolean;
  },
): TestBed['pods'] {
  const { system, target, injection, from, to, faultFrom, random } = bed;
  const node = (): string => `worker-${random.whole(1, 3)}`;
  // in calm times somebody deploys something
  const renewed = bed.isCalm && random.next() < 0.4 ? random.pick(system.services) : undefined;
  return new Map(
    system.services.map((service) => {
      const set = random.text(9);
      const pod = (hash: string): string =>
        service.isStore && service.name.length % 2 === 0
          ? `${service.name}-0`
          : `${service.name}-${hash}-${random.text(5)}`;
      const first: Pod = { name: pod(set), node: node(), from, to };
      const next = (hash: string, at: number): Pod => ({ name: pod(hash), node: node(), from: at, to });
      if (service === renewed) {
        const at = from + random.between(0.3, 0.7) * (to - from);
        return [service.name, [{ ...first, to: at + 20_000 }, next(random.text(9), at)]];
      }
      if (service !== target) return [service.name, [first]];
      if (injection.isDeployed)
        return [
          service.name,
          [{ ...first, to: faultFrom + 15_000 }, next(random.text(9), faultFrom - 5_000)],
        ];
      if (injection.killedFor === undefined) return [service.name, [first]];
      const back = faultFrom + injection.killedFor * 1000;
      return [service.name, [{ ...first, to: faultFrom }, next(set, back - 5_000)]];
    }),
  );
}
