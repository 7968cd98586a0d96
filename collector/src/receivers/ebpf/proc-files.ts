import { readFileSync } from 'node:fs';
import { listeningSockets, localIpv4Addresses, localIpv6Addresses } from './proc-net.ts';

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // the process exited, or the kernel has no IPv6
  }
}

/** Addresses of the network namespace of a process; empty when it is gone. */
export function localAddresses(tgid: number): readonly string[] {
  return [
    ...localIpv4Addresses(read(`/proc/${tgid}/net/fib_trie`)),
    ...localIpv6Addresses(read(`/proc/${tgid}/net/if_inet6`)),
  ];
}

/** Whether anything listens on the endpoint in the network namespace of a process. */
export function somethingListens(tgid: number, address: string, port: number): boolean {
  const family = address.includes(':') ? 'tcp6' : 'tcp';
  return listeningSockets(read(`/proc/${tgid}/net/${family}`)).some(
    (socket) => socket.port === port && socket.address === address,
  );
}
