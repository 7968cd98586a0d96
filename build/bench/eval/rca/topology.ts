import { noise } from '@gumshoe/model/testdata/series-writer';

export type Role = 'frontend' | 'service' | 'postgres' | 'redis' | 'external';
/** What a service is written in. */
export type Runtime = 'golang' | 'java' | 'nodejs' | 'python';

const RUNTIMES: readonly Runtime[] = ['golang', 'java', 'nodejs', 'python'];

export interface Call {
  readonly server: number;
  /** Calls for each request served. */
  readonly times: number;
}

export interface Service {
  readonly index: number;
  readonly name: string;
  readonly role: Role;
  readonly runtime: Runtime;
  /** Calls from the frontend to here, at least. */
  readonly depth: number;
  /** seconds of its own for a request */
  readonly own: number;
  /** cores for a request per second */
  readonly cpuPerRequest: number;
  readonly calls: readonly Call[];
  readonly instances: readonly { readonly node: number; readonly pod: string }[];
}

/** A cluster with a known shape: layers of services under one frontend, stores and somebody else's service below. */
export interface Topology {
  readonly services: readonly Service[];
  readonly nodes: number;
  /** requests/s at the frontend, in the middle of the day */
  readonly rate: number;
}

const HASH = 'bcdfghjklmnpqrstvwxz2456789';

export function randomSource(seed: number) {
  const next = noise(seed * 7919 + 17);
  for (let i = 0; i < 20; i++) next();
  const between = (low: number, high: number): number => low + (high - low) * next();
  const whole = (low: number, high: number): number => Math.floor(between(low, high + 1));
  const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)]!;
  const text = (length: number): string => Array.from({ length }, () => pick([...HASH])).join('');
  return { next, between, whole, pick, text };
}

export type Random = ReturnType<typeof randomSource>;

export function makeTopology(random: Random): Topology {
  const nodes = random.whole(3, 6);
  const layers = [1, random.whole(2, 3), random.whole(2, 5), random.whole(2, 5)];
  // some clusters are deeper
  for (let more = random.whole(0, 2); more > 0; more--) layers.push(random.whole(1, 3));
  const roles: Role[] = layers.flatMap((count, layer) =>
    Array.from({ length: count }, (): Role => (layer === 0 ? 'frontend' : 'service')),
  );
  const stores: Role[] = [
    'postgres',
    'redis',
    'external',
    ...(random.next() < 0.5 ? (['postgres'] as const) : []),
  ];
  const depthOf = [...layers.flatMap((count, layer) => Array.from({ length: count }, () => layer))];
  const all = [...roles, ...stores];
  const calls: Call[][] = all.map(() => []);
  depthOf.forEach((depth, index) => {
    const below = depthOf.flatMap((other, i) => (other === depth + 1 ? [i] : []));
    const wanted = Math.min(below.length, depth === 0 ? below.length : random.whole(1, 2));
    const chosen = [...below].sort((a, b) => ((a * 31 + index * 17) % 13) - ((b * 31 + index * 17) % 13));
    for (const server of chosen.slice(0, wanted))
      calls[index]!.push({ server, times: random.between(0.5, 1.2) });
  });
  // everybody below the first layer is called by someone
  depthOf.forEach((depth, index) => {
    if (depth === 0 || calls.some((list) => list.some((call) => call.server === index))) return;
    const above = depthOf.flatMap((other, i) => (other === depth - 1 ? [i] : []));
    calls[random.pick(above)]!.push({ server: index, times: random.between(0.5, 1) });
  });
  stores.forEach((_, i) => {
    const users = depthOf.flatMap((depth, index) => (depth >= 1 ? [index] : []));
    const store = roles.length + i;
    for (let n = random.whole(1, 2); n > 0; n--) {
      const user = random.pick(users);
      if (!calls[user]!.some((call) => call.server === store))
        calls[user]!.push({ server: store, times: random.between(0.8, 2.5) });
    }
  });
  const depths = depthsOf(calls);
  const services = all.map((role, index): Service => {
    const single = role === 'postgres' || role === 'redis';
    const count = role === 'external' ? 0 : single ? 1 : random.whole(1, 3);
    const name = role === 'service' ? `svc${index}` : role === 'frontend' ? 'frontend' : `${role}${index}`;
    const replicaSet = random.text(9);
    return {
      index,
      name,
      role,
      runtime: RUNTIMES[index % RUNTIMES.length]!,
      depth: depths[index] ?? 1,
      own:
        role === 'redis'
          ? 0.0006
          : role === 'external'
            ? random.between(0.02, 0.06)
            : random.between(0.002, 0.012),
      cpuPerRequest: role === 'redis' ? 0.0002 : random.between(0.0015, 0.004),
      calls: calls[index]!,
      instances: Array.from({ length: count }, (_, i) => ({
        node: random.whole(0, nodes - 1),
        pod: single ? `${name}-${i}` : `${name}-${replicaSet}-${random.text(5)}`,
      })),
    };
  });
  return { services, nodes, rate: random.between(20, 80) };
}

function depthsOf(calls: readonly (readonly Call[])[]): readonly number[] {
  const depths = calls.map(() => Infinity);
  depths[0] = 0;
  for (let round = 0; round < calls.length; round++)
    calls.forEach((list, index) => {
      for (const { server } of list) depths[server] = Math.min(depths[server]!, depths[index]! + 1);
    });
  return depths;
}
