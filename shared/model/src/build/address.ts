/** An address as labels write it, in two: `10.0.0.1:80`, `[::1]:80`, `db.example.org:5432`. */
export interface Endpoint {
  /** Without brackets and zone, lower case; IPv4 in IPv6 as IPv4. */
  readonly host: string;
  /** '' when none is written. */
  readonly port: string;
}

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/;

/** Never throws: what is no address is a host of that name. */
export function parseEndpoint(text: string): Endpoint {
  if (text.startsWith('[')) {
    const end = text.indexOf(']');
    if (end > 0)
      return {
        host: plainHost(text.slice(1, end)),
        port: text[end + 1] === ':' ? text.slice(end + 2) : '',
      };
  }
  const colon = text.lastIndexOf(':');
  // several colons and no brackets: an IPv6 address without a port
  if (colon < 0 || text.indexOf(':') !== colon) return { host: plainHost(text), port: '' };
  return { host: plainHost(text.slice(0, colon)), port: text.slice(colon + 1) };
}

function plainHost(host: string): string {
  const lower = host.toLowerCase();
  const zone = lower.indexOf('%');
  const bare = (zone < 0 ? lower : lower.slice(0, zone)).replace(/\.$/, '');
  return MAPPED.exec(bare)?.[1] ?? bare;
}

const IPV4 = /^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$/;

export const isIp = (host: string): boolean => IPV4.test(host) || host.includes(':');
export const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::' || host === '*';
export const isLoopback = (host: string): boolean =>
  host.startsWith('127.') || host === '::1' || host === 'localhost';

/** Addresses that mean the same machine wherever they are dialled from. */
export function isPublic(host: string): boolean {
  if (host.includes(':')) return !/^(f[cd]|fe[89ab]|::)/.test(host);
  if (!IPV4.test(host)) return false;
  const [a = 0, b = 0] = host.split('.').map(Number);
  if (a === 0 || a === 10 || a === 127 || a >= 224) return false;
  if (a === 172 && b >= 16 && b < 32) return false;
  if (a === 192 && b === 168) return false;
  if (a === 169 && b === 254) return false;
  return !(a === 100 && b >= 64 && b < 128);
}

/** Networks that Docker gives out first. */
export function isDockerNetwork(host: string): boolean {
  const [a, b = 0] = IPV4.test(host) ? host.split('.').map(Number) : [];
  return a === 172 && b >= 16 && b < 32;
}

/** Docker's default bridge: every machine has these addresses, and nobody else can reach them. */
export const isBridge = (host: string): boolean => host.startsWith('172.17.');
