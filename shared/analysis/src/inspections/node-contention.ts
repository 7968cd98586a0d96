import { meanOf } from '@gumshoe/model/columns';
import type { CellRange, Node } from '@gumshoe/model/world';
import type { Neighbour, Subject } from './define.ts';
import { sustained, sustainPoints, sustainRule } from './sustained.ts';

/** One container that takes the CPUs of a node from the others there. */
export interface Contention {
  readonly node: Node;
  readonly culprit: Neighbour;
  /** cores */
  readonly usage: number;
  /** Of all CPU time used on the node, 0..1. */
  readonly share: number;
  /** Whom it delays, worst first. */
  readonly victims: readonly Victim[];
}

export interface Victim extends Neighbour {
  /** Seconds per second that its processes wait for a CPU. */
  readonly delay: number;
}

/** Waiting means little while CPUs are free, percent. */
const BUSY = 75;
/** Who takes less than this part of the node's cores does not crowd out the others. */
const LEAST_SHARE = 0.4;
/** A victim waits because of others, not of itself: it uses no more than this part of what the culprit uses. */
const SMALLER = 0.5;

/** The cells that are judged: the last minute. */
const judgedCells = ({ window, grid }: Pick<Subject, 'window' | 'grid'>): CellRange => ({
  lo: Math.max(0, window.hi - sustainPoints(grid)),
  hi: window.hi,
});

/** Who delays whom on a node; undefined while it has CPUs to spare or nobody stands out. */
export function contentionOn(
  subject: Pick<Subject, 'window' | 'grid'>,
  node: Node,
  neighbours: readonly Neighbour[],
  threshold: number,
): Contention | undefined {
  const busy = sustained(node.cpuUsage, subject.window, sustainRule(BUSY / 100, subject.grid));
  if (!busy?.firing || !(node.cores > 0)) return undefined;
  const cells = judgedCells(subject);
  const used = neighbours.map((one) => ({ ...one, usage: meanOf(one.instance.cpuUsage, cells) }));
  const top = used.reduce<(typeof used)[number] | undefined>(
    (best, one) => (one.usage > (best?.usage ?? 0) ? one : best),
    undefined,
  );
  if (!top || top.usage < LEAST_SHARE * node.cores) return undefined;
  const rule = sustainRule(threshold, subject.grid);
  const victims = used
    .filter(({ application, usage }) => application !== top.application && usage < SMALLER * top.usage)
    .flatMap(({ application, instance }): Victim[] => {
      const state = instance.cpuDelay && sustained(instance.cpuDelay, subject.window, rule);
      return state?.firing ? [{ application, instance, delay: state.value }] : [];
    })
    .sort((a, b) => b.delay - a.delay || (a.instance.id < b.instance.id ? -1 : 1));
  if (victims.length === 0) return undefined;
  const all = meanOf(node.cpuUsage, cells) * node.cores;
  const { application, instance, usage } = top;
  return { node, culprit: { application, instance }, usage, share: Math.min(1, usage / all), victims };
}
