import { ipv6Text } from './address.ts';

/** A listening TCP socket as /proc/<pid>/net/tcp and tcp6 show it. */
export interface ListeningSocket {
  readonly address: string;
  readonly port: number;
  /** Inode of the socket, as in the links of /proc/<pid>/fd. */
  readonly inode: number;
}

const STATE_LISTEN = '0A';

function ipv4OfHex(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  return `${bytes[3]}.${bytes[2]}.${bytes[1]}.${bytes[0]}`;
}

/** Four little-endian words, each printed by the kernel as one number. */
function ipv6OfHex(hex: string): string {
  if (/^0{16}FFFF0000/i.test(hex)) return ipv4OfHex(hex.slice(24));
  const bytes = Buffer.from(hex, 'hex').swap32();
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(i * 2));
  return ipv6Text(groups);
}

/** Listening rows of a /proc/<pid>/net/tcp or tcp6 file. */
export function listeningSockets(file: string): readonly ListeningSocket[] {
  const sockets: ListeningSocket[] = [];
  for (const line of file.split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/);
    const [hex, port] = fields[1]?.split(':') ?? [];
    const inode = Number(fields[9]);
    if (fields[3] !== STATE_LISTEN || !hex || !port || !Number.isInteger(inode)) continue;
    const address = hex.length === 8 ? ipv4OfHex(hex) : ipv6OfHex(hex);
    sockets.push({ address, port: Number.parseInt(port, 16), inode });
  }
  return sockets;
}

/** IPv4 addresses of a network namespace: the "host LOCAL" leaves of its /proc/<pid>/net/fib_trie. */
export function localIpv4Addresses(fibTrie: string): readonly string[] {
  const found = new Set<string>();
  let leaf = '';
  for (const line of fibTrie.split('\n')) {
    const address = /\|--\s+(\d+\.\d+\.\d+\.\d+)/.exec(line)?.[1];
    if (address) leaf = address;
    else if (leaf && /\/32 host LOCAL/.test(line)) found.add(leaf);
  }
  return [...found];
}

const SCOPE_LINK = '20';

/** IPv6 addresses of a network namespace from /proc/<pid>/net/if_inet6, link-local ones left out. */
export function localIpv6Addresses(ifInet6: string): readonly string[] {
  const found = new Set<string>();
  for (const line of ifInet6.split('\n')) {
    const [hex, , , scope] = line.trim().split(/\s+/);
    if (!hex || hex.length !== 32 || scope === SCOPE_LINK) continue;
    const groups = (hex.match(/.{4}/g) ?? []).map((group) => Number.parseInt(group, 16));
    found.add(ipv6Text(groups));
  }
  return [...found];
}
