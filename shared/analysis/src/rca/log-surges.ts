import type { Application } from '@gumshoe/model/world';
import type { Frame } from './frame.ts';
import { complaints, workGrowth, type Complaint } from './log-work.ts';
import { perFrame } from './memo.ts';

/** Times as much work as usual from which on an application has more to do. */
export const MORE_WORK = 1.5;
/** Of the most that anybody's complaints grew, what makes one of those who ask more. */
const AS_MUCH = 0.6;
/** Complaints per second that are too few to have grown, and how many times as many are more than failures bring. */
const LEAST_COMPLAINTS = 0.005;
const FAR_MORE = 3;

/** More work than usual that begins at an application. */
export interface Surge {
  /** Times as much work as before; NaN when it logs next to nothing. */
  readonly growth: number;
  /** Whose work grew by it, the most grown first: itself, or those it asks; empty when it passes on what it gets. */
  readonly of: readonly Application[];
  /** Some may be behind it who do not say whom they ask. */
  readonly isVague: boolean;
}

const isBusier = (application: Application, frame: Frame): boolean =>
  workGrowth(application, frame) > MORE_WORK;

/** All whose work grew. */
export const surging = perFrame((_: Application, frame) =>
  frame.world.applications.filter((one) => isBusier(one, frame)),
);

/**
 * Where more work comes from, as far as complaints tell who asks whom: from nobody who is known, then it begins where it
 * is first seen; or from a client that has no more to do itself, and whose complaints grew more than those of others.
 */
export function surgeFrom(application: Application, frame: Frame): Surge {
  const growth = workGrowth(application, frame);
  if (growth > MORE_WORK) {
    const { named, vague } = askersOf(application, frame);
    return { growth, of: named.length === 0 ? [application] : [], isVague: vague.length > 0 };
  }
  const asked = surging(frame.root, frame)
    .flatMap((server) => {
      const one = asksMore(application, server, frame);
      return one ? [{ server, isVague: one.of === undefined }] : [];
    })
    .sort((a, b) => {
      const by = workGrowth(b.server, frame) - workGrowth(a.server, frame);
      return Number(a.isVague) - Number(b.isVague) || by || (a.server.id < b.server.id ? -1 : 1);
    });
  const [first] = asked;
  if (!first) return { growth, of: [], isVague: false };
  // whom it names is meant; else it can be any
  const of = asked.filter(({ isVague }) => isVague === first.isVague).map(({ server }) => server);
  return {
    growth: workGrowth(of[0]!, frame),
    of: first.isVague ? of.slice(0, 1) : of,
    isVague: first.isVague,
  };
}

/** Who complains about an application, and who complains far more than before without a word about whom. */
function askersOf(server: Application, frame: Frame) {
  const all = complaints(frame.root, frame);
  return {
    named: all.filter(({ of }) => of === server.id),
    vague: all.filter(
      (one) =>
        one.of === undefined &&
        one.speaker !== server &&
        !isBusier(one.speaker, frame) &&
        grown(one) > FAR_MORE,
    ),
  };
}

const grown = ({ before, during }: Complaint): number => during / Math.max(before, LEAST_COMPLAINTS);

/** The complaint by which a client is the one who asks more: no other client has more to do, or complains so much more. */
function asksMore(client: Application, server: Application, frame: Frame): Complaint | undefined {
  const { named, vague } = askersOf(server, frame);
  if (named.some(({ speaker }) => isBusier(speaker, frame))) return undefined;
  const mostOf = (of: readonly Complaint[]): Complaint | undefined => {
    const most = Math.max(...of.map(grown));
    return of.find((one) => one.speaker === client && grown(one) >= AS_MUCH * most);
  };
  return mostOf(named) ?? mostOf(vague);
}

/** Whose work grew, of those whom the first ones ask, directly or through others; the first ones among them. */
export function surgingBelow(first: readonly Application[], frame: Frame): readonly Application[] {
  const seen = new Set(first);
  const all = complaints(frame.root, frame);
  for (const one of seen)
    for (const { speaker, of } of all) {
      const server = speaker === one && of !== undefined ? frame.world.byId.get(of) : undefined;
      if (server && isBusier(server, frame)) seen.add(server);
    }
  return [...seen];
}
