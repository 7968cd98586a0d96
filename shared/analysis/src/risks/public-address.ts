/**
 * IPv4 ranges that nobody on the internet can reach (RFC 6890), as [first octets, prefix length].
 */
const PRIVATE_V4: readonly (readonly [number, number])[] = [
  [ipv4('0.0.0.0'), 8],
  [ipv4('10.0.0.0'), 8],
  [ipv4('100.64.0.0'), 10],
  [ipv4('127.0.0.0'), 8],
  [ipv4('169.254.0.0'), 16],
  [ipv4('172.16.0.0'), 12],
  [ipv4('192.0.0.0'), 24],
  [ipv4('192.0.2.0'), 24],
  [ipv4('192.168.0.0'), 16],
  [ipv4('198.18.0.0'), 15],
  [ipv4('198.51.100.0'), 24],
  [ipv4('203.0.113.0'), 24],
  [ipv4('224.0.0.0'), 3],
];

function ipv4(text: string): number {
  return text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

const V4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

/** Whether an IP address can be reached from the internet as far as its range tells; false for names. */
export function isPublicAddress(ip: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1] ?? ip;
  const octets = V4.exec(mapped)?.slice(1).map(Number);
  if (octets) {
    if (octets.some((one) => one > 255)) return false;
    const value = ipv4(mapped);
    return !PRIVATE_V4.some(
      ([from, bits]) => Math.floor(value / 2 ** (32 - bits)) === Math.floor(from / 2 ** (32 - bits)),
    );
  }
  // Global unicast is 2000::/3 (RFC 4291), but for documentation (RFC 3849).
  return /^[23][0-9a-f]{0,3}:/i.test(ip) && !/^2001:0?db8:/i.test(ip);
}

/** The address of `ip:port` or `[ip]:port`. */
export const hostOf = (address: string): string =>
  address.slice(0, Math.max(0, address.lastIndexOf(':'))).replace(/^\[|\]$/g, '');
