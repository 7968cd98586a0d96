import { CONTAINER_METRICS as C, DNS_METRICS } from '@gumshoe/schema/metrics/container';
import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';
import type { CandidateDefinition } from './define.ts';
import { defineLevel } from './level.ts';
import { failedDns, occupied, perEdge, perInstance, signalOf } from './level-columns.ts';

/** Causes that show as the level of one column: connections, tables of the kernel, names. */
export const NETWORK_LEVELS: readonly CandidateDefinition[] = [
  defineLevel({
    kind: 'conntrack-full',
    title: 'Connection tracking table full',
    signal: N.conntrackEntries.name,
    unit: 'ratio',
    columns: occupied(N.conntrackEntries, N.conntrackLimit, (node) => node.conntrack),
    range: [0.9, 0.99],
    growth: [1.05, 1.3],
    most: 0.8,
    measure: 'tracked connections of the limit',
    says: (_, { of }) => `The connection tracking table of ${of} is full: new connections are dropped`,
    remediation: (_, { of }) =>
      `Raise net.netfilter.nf_conntrack_max on ${of}, and find who opens so many connections.`,
  }),
  defineLevel({
    kind: 'ports-exhausted',
    title: 'Ports exhausted',
    signal: N.ephemeralPortsUsed.name,
    unit: 'ratio',
    columns: occupied(N.ephemeralPortsUsed, N.ephemeralPorts, (node) => node.ephemeralPorts),
    range: [0.85, 0.98],
    growth: [1.05, 1.3],
    most: 0.8,
    measure: 'ports of clients in use',
    says: (_, { of }) => `${of[0]!.toUpperCase()}${of.slice(1)} has no ports left for new connections`,
    remediation: (_, { of }) =>
      `Reuse connections (keep-alive, pools) in what runs on ${of}, and widen net.ipv4.ip_local_port_range.`,
  }),
  defineLevel({
    kind: 'dns-failure',
    title: 'Names are not resolved',
    signal: DNS_METRICS.count.name,
    unit: 'ratio',
    columns: failedDns,
    range: [0.02, 0.25],
    growth: [2, 5],
    most: 0.85,
    measure: 'share of DNS queries that failed',
    says: (name) => `DNS queries of ${name} fail`,
    remediation: (name) =>
      `Ask the resolver that ${name} uses (/etc/resolv.conf of its container) for the same names, and look at the resolver’s own health.`,
  }),
  defineLevel({
    kind: 'connections-reset',
    title: 'Connections are reset',
    signal: C.tcpResetsReceived.name,
    unit: 'per-second',
    columns: perEdge(C.tcpResetsReceived, ({ tcp }) => tcp.resetsReceived),
    range: [0.1, 2],
    growth: [3, 10],
    most: 0.8,
    measure: 'connections reset',
    says: (name) => `${name} resets connections of its clients`,
    remediation: (name) =>
      `Look for crashes, idle timeouts shorter than those of its clients, and full queues in ${name} and in proxies before it.`,
  }),
  defineLevel({
    kind: 'receiver-stuck',
    title: 'Peer takes no more data',
    signal: C.tcpZeroWindows.name,
    unit: 'per-second',
    columns: perEdge(C.tcpZeroWindows, ({ tcp }) => tcp.zeroWindows),
    range: [0.02, 0.3],
    growth: [3, 10],
    most: 0.6,
    measure: 'connections found with a closed window',
    says: (name) => `${name} does not read what is sent to it`,
    remediation: (name) =>
      `Look for stuck threads in ${name}: who reads its sockets waits for something else.`,
  }),
  defineLevel({
    kind: 'accept-queue-full',
    title: 'Connections wait to be accepted',
    signal: C.tcpListenOverflows.name,
    unit: 'per-second',
    columns: perInstance(C.tcpListenOverflows, signalOf(C.tcpListenOverflows)),
    range: [0.02, 1],
    growth: [3, 10],
    most: 0.8,
    measure: 'connections dropped at a full accept queue',
    says: (name) => `${name} does not accept connections fast enough: its queue overflows`,
    remediation: (name) =>
      `Look for what blocks the accepting thread of ${name}; raise its backlog and net.core.somaxconn.`,
  }),
];
