import { isIPv4 } from 'node:net';

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** `10.0.0.1:80`, `[fd00::1]:80`; undefined for anything else. */
export function parseEndpoint(text: string): Endpoint | undefined {
  const match = /^\[?(.+?)\]?:(\d+)$/.exec(text);
  return match ? { address: match[1] ?? '', port: Number(match[2]) } : undefined;
}

export const isV4 = ({ address }: Endpoint): boolean => isIPv4(address);

/** Network-order bytes of an address: 4 or 16. */
export function addressBytes(address: string): Uint8Array {
  if (isIPv4(address)) return Uint8Array.from(address.split('.'), Number);
  const [head = '', tail] = address.split('::');
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => parseInt(group, 16));
  const [first, last] = [groups(head), groups(tail ?? '')];
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length);
  const all = [...first, ...Array.from({ length: zeros }, () => 0), ...last].slice(0, 8);
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}
