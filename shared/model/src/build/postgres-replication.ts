import type { TimeGrid } from '@gumshoe/base/time';
import { POSTGRES_METRICS as P } from '@gumshoe/schema/metrics/postgres';
import type { LabelledColumn, PostgresReplication } from '../database-target.ts';
import type { Column, PostgresTarget } from '../world.ts';
import { splitAddress } from './listen-index.ts';

/** A server with what it is called by those who stream from it. */
export interface Peer {
  readonly target: PostgresTarget;
  /** Of what it belongs to, for servers of one cluster. */
  readonly application: string;
  /** Names under which its replicas may know it. */
  readonly names: readonly string[];
}

/** What `replica` is against its primary; undefined for a primary, and where the primary is not probed. */
export function replicationOf(
  replica: Peer,
  all: readonly Peer[],
  grid: TimeGrid,
  interval: number,
): PostgresReplication | undefined {
  const replayed = only(replica.target, P.walReplayLsn);
  if (!replayed) return undefined;
  const primary = primaryOf(replica, all);
  const written = primary && only(primary, P.walCurrentLsn);
  if (!primary || !written) return undefined;
  const received = only(replica.target, P.walReceiveLsn) ?? replayed;
  return {
    primary: primary.address,
    lag: replayLag(written, replayed, grid, interval),
    unreceived: behind(written, received),
    unreplayed: behind(received, replayed),
  };
}

function only(target: PostgresTarget, metric: { readonly name: string }): Column | undefined {
  return target.signals.get(metric.name)?.[0]?.values;
}

/** Whoever the replica streams from last, else the one that is primary of its cluster last. */
function primaryOf(replica: Peer, all: readonly Peer[]): PostgresTarget | undefined {
  const primaries = all
    .filter(({ target }) => target !== replica.target && target.signals.has(P.walCurrentLsn.name))
    .map((peer) => ({ peer, until: lastKnown(only(peer.target, P.walCurrentLsn)!) }))
    .sort((a, b) => b.until - a.until);
  const [receiver] = (replica.target.signals.get(P.walReceiverStatus.name) ?? [])
    .map(({ labels, values }) => ({ labels, until: lastKnown(values) }))
    .sort((a, b) => b.until - a.until);
  const sender = receiver && primaries.find(({ peer }) => isSender(peer, receiver.labels));
  if (sender) return sender.peer.target;
  const [newest, next] = primaries.filter(({ peer }) => peer.application === replica.application);
  // two at once: nobody knows whose the replica is
  return newest && newest.until !== next?.until ? newest.peer.target : undefined;
}

const lastKnown = (values: Column): number => values.findLastIndex((value) => value === value);

function isSender(
  { target, names }: Peer,
  { sender_host: host = '', sender_port: port = '' }: LabelledColumn['labels'],
): boolean {
  const at = splitAddress(target.address);
  if (at.ip === host) return at.port === port;
  return names.includes(host) || names.includes(host.split('.')[0]!);
}

function behind(ahead: Column, at: Column): Column {
  return ahead.map((value, i) => Math.max(0, value - at[i]!));
}

/**
 * Seconds between each cell and the time at which the primary stood where the replica stands now, found by walking the
 * primary's positions and linear between two of them. 0 for what is less than the distance of samples, since both
 * sides are not read at one instant. Where the primary's history does not reach back far enough, the least it can be.
 */
export function replayLag(written: Column, replayed: Column, { step }: TimeGrid, interval: number): Column {
  const lag = new Float64Array(written.length).fill(NaN);
  const times: number[] = [];
  const positions: number[] = [];
  let k = 0;
  for (let i = 0; i < lag.length; i++) {
    if (written[i] === written[i]) {
      times.push((i * step) / 1000);
      positions.push(written[i]!);
    }
    const at = replayed[i]!;
    const newest = positions.at(-1);
    if (at !== at || newest === undefined || written[i] !== written[i]) continue;
    while (k > 0 && positions[k]! > at) k--;
    while (k + 1 < positions.length && positions[k + 1]! <= at) k++;
    const seconds = at >= newest ? 0 : (i * step) / 1000 - timeOf(at, k, times, positions);
    lag[i] = seconds * 1000 < interval ? 0 : seconds;
  }
  return lag;
}

function timeOf(at: number, k: number, times: readonly number[], positions: readonly number[]): number {
  const from = positions[k]!;
  const to = positions[k + 1];
  if (at < from || to === undefined || to <= from) return times[k]!;
  return times[k]! + ((at - from) / (to - from)) * (times[k + 1]! - times[k]!);
}
