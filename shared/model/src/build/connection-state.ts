import type { Column, ConnectionState, TcpColumns } from '../world.ts';

/** Cells at the end that say how it is now. */
const TAIL = 4;

/** See `ConnectionState`. */
export function connectionState(tcp: TcpColumns): ConnectionState {
  const end = [tcp.active, tcp.connects, tcp.failedConnects, tcp.bytesSent, tcp.bytesReceived]
    .map(lastKnown)
    .reduce((a, b) => Math.max(a, b), -1);
  if (end < 0) return 'unknown';
  const happens = (column: Column): boolean => highest(column, end) > 0;
  const succeeds = happens(tcp.connects);
  const open = happens(tcp.active);
  if (happens(tcp.failedConnects)) return succeeds || open ? 'unstable' : 'failing';
  const tried = succeeds || open || happens(tcp.bytesSent);
  const answered = lastKnown(tcp.rtt);
  if (tried && answered >= 0 && end - answered >= TAIL) return 'unreachable';
  return tried || happens(tcp.bytesReceived) ? 'established' : 'idle';
}

function lastKnown(column: Column): number {
  for (let i = column.length - 1; i >= 0; i--) if (column[i] === column[i]) return i;
  return -1;
}

function highest(column: Column, end: number): number {
  let top = 0;
  for (let i = Math.max(0, end - TAIL + 1); i <= end; i++) if (column[i]! > top) top = column[i]!;
  return top;
}
