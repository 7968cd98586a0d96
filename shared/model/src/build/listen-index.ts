import { isBridge, isLoopback, isPublic, isWildcard, parseEndpoint } from './address.ts';
import { timeline, type Claim, type OwnedStretch } from './timeline.ts';

/** Where a process is: what loopback means to it, and which equal private addresses are its own. */
export interface Place {
  readonly cluster: string;
  readonly node: string;
  /** Network namespace: equal for processes that share a loopback interface. */
  readonly netns: string;
}

/** Who listened on an address, and when. */
export interface Owner<T> extends Claim<T> {
  readonly place: Place;
  /** A port of the machine that leads to the subject: whoever holds the socket only passes traffic on. */
  readonly published?: boolean;
}

interface PortOwner<T> extends Owner<T> {
  /** '' for an address that is the subject's own whatever the port. */
  readonly port: string;
}

/** `10.0.0.1:80` or `[::1]:80` in two. */
export function splitAddress(address: string): { readonly ip: string; readonly port: string } {
  const colon = address.lastIndexOf(':');
  return colon < 0
    ? { ip: address, port: '' }
    : { ip: address.slice(0, colon), port: address.slice(colon + 1) };
}

export interface ListenOptions<T> {
  /** See `timeline`. */
  readonly tolerance: number;
  /** Subjects of one group answer for one another: replicas behind a shared address. */
  readonly groupOf: (subject: T) => unknown;
}

const NOBODY: readonly never[] = [];

/**
 * Finds the subject behind an address over time. Addresses are reused, so each has owners with a life; outside its life
 * an owner is only a guess. Private addresses count within their cluster, loopback within its network namespace.
 */
export class ListenIndex<T> {
  readonly #options: ListenOptions<T>;
  readonly #byHost = new Map<string, PortOwner<T>[]>();
  readonly #publicHosts = new Map<string, PortOwner<T>[]>();
  readonly #loopback = new Map<string, Owner<T>[]>();
  /** Listeners on all addresses of a machine, by machine and port: those of its own namespace, and others. */
  readonly #wildcards = new Map<string, Owner<T>[]>();
  readonly #innerWildcards = new Map<string, Owner<T>[]>();
  readonly #nodesOfIp = new Map<string, Set<string>>();

  constructor(options: ListenOptions<T>) {
    this.#options = options;
  }

  /** `shared`: the socket is in the machine's own namespace. */
  add(address: string, owner: Owner<T>, shared = true): void {
    const { host, port } = parseEndpoint(address);
    const { cluster, node, netns } = owner.place;
    if (isLoopback(host) || isWildcard(host)) insert(this.#loopback, `${netns}|${port}`, owner);
    if (isWildcard(host))
      insert(shared ? this.#wildcards : this.#innerWildcards, `${cluster}|${node}|${port}`, owner);
    if (!isLoopback(host) && !isWildcard(host)) this.#insertHost(host, { ...owner, port });
  }

  /** An address that is the subject's own, on whatever port: a pod's. */
  addHost(ip: string, owner: Owner<T>): void {
    this.#insertHost(parseEndpoint(ip).host, { ...owner, port: '' });
  }

  /** An address of a node's own interface: wildcard listeners of that node answer there. */
  addNodeIp(ip: string, { cluster, node }: Pick<Place, 'cluster' | 'node'>): void {
    const { host } = parseEndpoint(ip);
    if (isLoopback(host)) return;
    for (const key of [`${cluster}|${host}`, ...(isPublic(host) ? [`|${host}`] : [])]) {
      const nodes = this.#nodesOfIp.get(key);
      if (nodes) nodes.add(`${cluster}|${node}`);
      else this.#nodesOfIp.set(key, new Set([`${cluster}|${node}`]));
    }
  }

  isNodeIp(ip: string, cluster: string): boolean {
    const { host } = parseEndpoint(ip);
    return this.#nodesOf(host, cluster).size > 0;
  }

  /** Owners of the address over time, as somebody at `from` reaches it; empty when nobody is known. */
  resolve(address: string, from: Place): readonly OwnedStretch<T>[] {
    const { host, port } = parseEndpoint(address);
    if (isLoopback(host))
      return this.#over(
        from.netns === ''
          ? this.#soleLoopback(port, from)
          : (this.#loopback.get(`${from.netns}|${port}`) ?? []),
        from,
      );
    const owners = this.#ownersOf(host, from);
    const exact = owners.filter((owner) => owner.port === port || owner.port === '');
    if (exact.length > 0) return displaced(this.#over(exact, from), owners);
    const nodes = this.#nodesOf(host, from.cluster);
    if (nodes.size === 0) return this.#soleOwners(owners, from);
    for (const wildcards of [this.#wildcards, this.#innerWildcards]) {
      const found = [...nodes].flatMap((node) => wildcards.get(`${node}|${port}`) ?? []);
      if (found.length > 0) return this.#over(found, from);
    }
    return NOBODY;
  }

  /** Somebody on an unknown machine reached its loopback: who that is when only one machine has the port open itself. */
  #soleLoopback(port: string, { cluster }: Place): readonly Owner<T>[] {
    const suffix = `|${port}`;
    const owners = [...this.#loopback]
      .filter(([key]) => key.endsWith(suffix))
      .flatMap(([, all]) => all)
      .filter(({ place }) => place.cluster === cluster && place.netns === place.node);
    return new Set(owners.map(({ place }) => place.node)).size === 1 ? owners : NOBODY;
  }

  #ownersOf(host: string, from: Place): readonly PortOwner<T>[] {
    const owners = this.#byHost.get(`${from.cluster}|${host}`) ?? this.#publicHosts.get(host) ?? [];
    return isBridge(host) ? owners.filter(({ place }) => place.node === from.node) : owners;
  }

  #insertHost(host: string, owner: PortOwner<T>): void {
    insert(this.#byHost, `${owner.place.cluster}|${host}`, owner);
    if (isPublic(host)) insert(this.#publicHosts, host, owner);
  }

  #nodesOf(host: string, cluster: string): ReadonlySet<string> {
    return this.#nodesOfIp.get(`${cluster}|${host}`) ?? this.#nodesOfIp.get(`|${host}`) ?? new Set();
  }

  #over(owners: readonly Owner<T>[], from: Place): readonly OwnedStretch<T>[] {
    return timeline(this.#reachable(owners, from), this.#options.tolerance);
  }

  /**
   * One address on several machines at once: those of the caller's machine are meant; without any, nobody can tell,
   * unless all are replicas of one thing.
   */
  #reachable(all: readonly Owner<T>[], from: Place): readonly Owner<T>[] {
    const published = all.filter((owner) => owner.published);
    const owners = published.length > 0 ? published : all;
    const first = owners[0];
    if (first === undefined) return owners;
    const oneNode = owners.every(({ place }) => place.node === first.place.node);
    if (oneNode || !overlapping(owners, this.#options.tolerance)) return owners;
    const near = owners.filter(({ place }) => place.node === from.node);
    if (near.length > 0) return near;
    const group = this.#options.groupOf(first.subject);
    return owners.every(({ subject }) => this.#options.groupOf(subject) === group) ? owners : NOBODY;
  }

  /** The owner of an address answers on each of its ports, as long as nobody shares the address. */
  #soleOwners(owners: readonly PortOwner<T>[], from: Place): readonly OwnedStretch<T>[] {
    const subjects = new Map<T, Owner<T>>();
    for (const owner of owners) {
      const known = subjects.get(owner.subject);
      subjects.set(
        owner.subject,
        known === undefined
          ? owner
          : { ...known, from: Math.min(known.from, owner.from), to: Math.max(known.to, owner.to) },
      );
    }
    const lives = [...subjects.values()];
    return subjects.size > 1 && overlapping(lives, this.#options.tolerance)
      ? NOBODY
      : this.#over(lives, from);
  }
}

/** A guess ends where another takes the address over, be it with other ports. */
function displaced<T>(
  stretches: readonly OwnedStretch<T>[],
  owners: readonly PortOwner<T>[],
): readonly OwnedStretch<T>[] {
  if (stretches.every(({ certain }) => certain)) return stretches;
  return stretches.flatMap((stretch) => {
    if (stretch.certain) return [stretch];
    const others = owners.filter(({ subject }) => subject !== stretch.subject);
    const before = Math.max(-Infinity, ...others.map(({ to }) => to).filter((to) => to <= stretch.to));
    const after = Math.min(Infinity, ...others.map(({ from }) => from).filter((at) => at >= stretch.from));
    const from = stretch.from === -Infinity ? Math.min(stretch.to, before) : stretch.from;
    const to = stretch.from === -Infinity ? stretch.to : Math.min(stretch.to, after);
    return to > from ? [{ ...stretch, from, to }] : [];
  });
}

/** Whether two owners were there at the same time, beyond what sampling and clocks explain. */
function overlapping<T>(owners: readonly Claim<T>[], tolerance: number): boolean {
  const sorted = [...owners].sort((a, b) => a.from - b.from);
  let reached = -Infinity;
  for (const [i, { from, to }] of sorted.entries()) {
    if (i > 0 && reached - from > tolerance) return true;
    reached = Math.max(reached, to);
  }
  return false;
}

function insert<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
