import { MONGODB_METRICS as M } from '@gumshoe/schema/metrics/mongodb';
import { lastOf } from '../columns.ts';
import type { DatabaseTarget, LabelledColumn, MongodbTarget } from '../database-target.ts';
import type { Column } from '../world.ts';

/** A member of a replica set with what it belongs to. */
export interface Member {
  readonly target: DatabaseTarget;
  readonly application: string;
}

/** `member` with its role, and with its lag where its primary is probed. `interval` in ms. */
export function memberOf(member: Member, all: readonly Member[], interval: number): MongodbTarget {
  const status = statusOf(member.target);
  if (!status) return member.target;
  const { rs: replicaSet = '', role = '' } = status.labels;
  const lag = role === 'secondary' ? lagOf(member, all, replicaSet, interval) : undefined;
  return { ...member.target, replicaSet, role, ...(lag ? { lag } : {}) };
}

/** The role it had last: each role a member had is a series of its own. */
function statusOf({ signals }: DatabaseTarget): LabelledColumn | undefined {
  const held = (signals.get(M.replicaSetStatus.name) ?? []).map((one) => ({
    one,
    until: lastHeld(one.values),
  }));
  return held.filter(({ until }) => until >= 0).sort((a, b) => b.until - a.until)[0]?.one;
}

function lastHeld(values: Column): number {
  return values.findLastIndex((value) => value > 0);
}

function lagOf(
  member: Member,
  all: readonly Member[],
  replicaSet: string,
  interval: number,
): Column | undefined {
  const applied = appliedOf(member.target);
  const newest = appliedOf(primaryOf(member, all, replicaSet));
  if (!applied || !newest) return undefined;
  return applied.map((at, i) => {
    const behind = newest[i]! - at;
    // both sides are read at different instants, so less than their distance says nothing
    return behind < interval ? 0 : behind / 1000;
  });
}

const appliedOf = (target: DatabaseTarget | undefined): Column | undefined =>
  target?.signals.get(M.lastApplied.name)?.[0]?.values;

/** Of its own application, else the only one of that replica set: names such as rs0 are used by many. */
function primaryOf(member: Member, all: readonly Member[], replicaSet: string): DatabaseTarget | undefined {
  const primaries = all.filter(({ target }) => {
    const status = statusOf(target);
    const cells = status && { lo: 0, hi: status.values.length };
    return (
      target !== member.target &&
      status?.labels.role === 'primary' &&
      status.labels.rs === replicaSet &&
      lastOf(status.values, cells!) > 0
    );
  });
  const own = primaries.filter(({ application }) => application === member.application);
  if (own.length > 0) return own.sort((a, b) => b.target.lastSeen - a.target.lastSeen)[0]!.target;
  return primaries.length === 1 ? primaries[0]!.target : undefined;
}
