import { join } from 'node:path';
import { NODE_METRICS } from '@gumshoe/schema/metrics/node';
import type { MetricSink } from '../../pipeline/metric-sink.ts';
import { listenCounters } from './network-namespaces.ts';
import { readText } from './process-files.ts';

/** Sockets beyond which the kernel's list is not read: it costs about a millisecond for each thousand. */
const SOCKETS_LISTED = 50_000;
/** State TIME_WAIT counts as well: its port is not free for the same peer. LISTEN does not. */
const LISTEN = '0A';

/** What runs out on the machine's own network: accept queues, tracked connections, client ports. */
export function emitNetworkLimits(sink: MetricSink, procfs: string): void {
  const listening = listenCounters(procfs, 1);
  if (listening) {
    sink.node(NODE_METRICS.listenOverflows, {}, listening.overflows);
    sink.node(NODE_METRICS.listenDrops, {}, listening.drops);
  }
  sink.node(NODE_METRICS.conntrackEntries, {}, setting(procfs, 'netfilter/nf_conntrack_count'));
  sink.node(NODE_METRICS.conntrackLimit, {}, setting(procfs, 'netfilter/nf_conntrack_max'));
  const range = readText(join(procfs, 'sys/net/ipv4/ip_local_port_range'))?.trim().split(/\s+/).map(Number);
  const [first = NaN, last = NaN] = range ?? [];
  sink.node(NODE_METRICS.ephemeralPorts, {}, last - first + 1);
  const used = clientPorts(procfs, first, last);
  if (used !== undefined) sink.node(NODE_METRICS.ephemeralPortsUsed, {}, used);
}

/** NaN, which is not emitted, where the kernel has no such setting. */
const setting = (procfs: string, name: string): number =>
  Number(readText(join(procfs, 'sys/net', name))?.trim() || NaN);

/** Distinct local ports of the range in TCP sockets; undefined where there are too many sockets to list. */
function clientPorts(procfs: string, first: number, last: number): number | undefined {
  const summary = readText(join(procfs, '1/net/sockstat'));
  const [inUse = NaN, waiting = NaN] = [/^TCP:.* inuse (\d+)/m, /^TCP:.* tw (\d+)/m].map((pattern) =>
    Number(pattern.exec(summary ?? '')?.[1] ?? NaN),
  );
  if (!(inUse + waiting <= SOCKETS_LISTED)) return undefined;
  const ports = new Set<number>();
  for (const file of ['1/net/tcp', '1/net/tcp6'])
    for (const port of localPorts(readText(join(procfs, file)) ?? ''))
      if (port >= first && port <= last) ports.add(port);
  return ports.size;
}

/** Local ports of /proc/net/tcp (Documentation/networking/proc_net_tcp) that do not listen. */
export function localPorts(text: string): readonly number[] {
  const ports: number[] = [];
  for (const [, port = '', state] of text.matchAll(
    /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) /gm,
  ))
    if (state !== LISTEN) ports.push(parseInt(port, 16));
  return ports;
}
