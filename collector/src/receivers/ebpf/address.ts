/** Addresses of the contract are 16 bytes in network order: IPv6, or IPv4 mapped into it. */
const isMapped = (view: DataView, at: number): boolean =>
  view.getUint32(at) === 0 && view.getUint32(at + 4) === 0 && view.getUint32(at + 8) === 0xffff;

/** Eight 16-bit groups as RFC 5952 writes them: the first longest run of two or more zeros becomes `::`. */
export function ipv6Text(groups: readonly number[]): string {
  let bestFrom = -1;
  let bestLength = 1;
  for (let i = 0; i < 8;) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > bestLength) {
      bestFrom = i;
      bestLength = end - i;
    }
    i = end + 1;
  }
  const hex = groups.map((group) => group.toString(16));
  if (bestFrom < 0) return hex.join(':');
  return `${hex.slice(0, bestFrom).join(':')}::${hex.slice(bestFrom + bestLength).join(':')}`;
}

/** Texts of the last IPv4 addresses: a span has two, and most spans have the same ones. */
const ipv4Texts = new Map<number, string>();
const KEPT_TEXTS = 1024;

function ipv4Text(address: number): string {
  let text = ipv4Texts.get(address);
  if (text === undefined) {
    text = `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
    if (ipv4Texts.size >= KEPT_TEXTS) ipv4Texts.clear();
    ipv4Texts.set(address, text);
  }
  return text;
}

/** Text of the address at `at`: dotted IPv4, or IPv6 as RFC 5952 writes it. */
export function addressText(view: DataView, at: number): string {
  if (isMapped(view, at)) return ipv4Text(view.getUint32(at + 12));
  return ipv6Text(Array.from({ length: 8 }, (_, i) => view.getUint16(at + i * 2)));
}

export const endpointText = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

export const isUnspecified = (address: string): boolean => address === '0.0.0.0' || address === '::';
export const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';
export const isLinkLocal = (address: string): boolean =>
  address.startsWith('169.254.') || /^fe[89ab][0-9a-f]:/.test(address);
