/** Who listened on an address, and from when. */
export interface Owner<T> {
  readonly subject: T;
  readonly node: string;
  readonly from: number;
}

/** A stretch of time in which an address belonged to one owner. Open at both outer ends. */
export interface OwnedStretch<T> {
  readonly subject: T;
  readonly from: number;
  readonly to: number;
}

const LOOPBACK = /^(127\.|\[?::1\]?)/;
const WILDCARD = /^(0\.0\.0\.0|\[?::\]?)$/;

/** `10.0.0.1:80` or `[::1]:80` in two. */
export function splitAddress(address: string): { readonly ip: string; readonly port: string } {
  const colon = address.lastIndexOf(':');
  return colon < 0
    ? { ip: address, port: '' }
    : { ip: address.slice(0, colon), port: address.slice(colon + 1) };
}

/**
 * Finds the subject behind an address at a time. Addresses are reused, so each has a list of owners, each
 * from its first listen until the next owner's; the last known owner keeps an address that went silent, so
 * that a server that is down can still be named.
 */
export class ListenIndex<T> {
  readonly #exact = new Map<string, Owner<T>[]>();
  readonly #byIp = new Map<string, Owner<T>[]>();
  readonly #nodeOfIp = new Map<string, string>();

  add(address: string, owner: Owner<T>): void {
    const { ip, port } = splitAddress(address);
    const local = LOOPBACK.test(ip) || WILDCARD.test(ip);
    insert(this.#exact, local ? `${owner.node}|${WILDCARD.test(ip) ? '*' : 'lo'}:${port}` : address, owner);
    if (!local) insert(this.#byIp, ip, owner);
  }

  /** An address of a node's own interface: wildcard listeners of that node answer there. */
  addNodeIp(ip: string, node: string): void {
    this.#nodeOfIp.set(ip, node);
  }

  /** Owners of the address over time; empty when nobody is known. `node` is where the client runs. */
  resolve(address: string, node: string): readonly OwnedStretch<T>[] {
    const { ip, port } = splitAddress(address);
    const exact = this.#exact.get(address);
    if (exact) return stretches(exact);
    if (LOOPBACK.test(ip)) {
      return stretches(this.#exact.get(`${node}|lo:${port}`) ?? this.#exact.get(`${node}|*:${port}`) ?? []);
    }
    const host = this.#nodeOfIp.get(ip);
    const wildcard = host === undefined ? undefined : this.#exact.get(`${host}|*:${port}`);
    if (wildcard) return stretches(wildcard);
    // An address of its own names its owner on any port; a host's address is shared by whatever runs there.
    const sameIp = host === undefined ? (this.#byIp.get(ip) ?? []) : [];
    return new Set(sameIp.map((owner) => owner.subject)).size === 1 ? stretches(sameIp) : [];
  }
}

function insert<T>(map: Map<string, Owner<T>[]>, key: string, owner: Owner<T>): void {
  const owners = map.get(key);
  if (owners === undefined) map.set(key, [owner]);
  else owners.push(owner);
}

function stretches<T>(owners: readonly Owner<T>[]): OwnedStretch<T>[] {
  const sorted = [...owners].sort((a, b) => a.from - b.from);
  const changes = sorted.filter((owner, i) => i === 0 || owner.subject !== sorted[i - 1]!.subject);
  return changes.map((owner, i) => ({
    subject: owner.subject,
    from: i === 0 ? -Infinity : owner.from,
    to: changes[i + 1]?.from ?? Infinity,
  }));
}
