import type { TimeRange } from '@gumshoe/base/time';
import type { Unit } from '@gumshoe/base/units';
import type { ApplicationId } from '@gumshoe/model/entities';

export type DifferenceKind =
  | 'application-new'
  | 'application-gone'
  | 'instances'
  | 'dependency-new'
  | 'dependency-gone'
  | 'traffic'
  | 'latency'
  | 'errors'
  | 'resource'
  | 'log-pattern-new'
  | 'log-pattern-silent'
  | 'log-pattern-rate'
  | 'image'
  | 'configuration'
  | 'profile'
  | 'finding';

/** One thing that is not as it was. */
export interface Difference {
  readonly kind: DifferenceKind;
  /** undefined: of the whole. */
  readonly application?: ApplicationId;
  /** The other end, of a dependency. */
  readonly peer?: ApplicationId;
  /** What of it: a metric, a pattern, a frame, a file. */
  readonly what: string;
  readonly unit?: Unit;
  readonly before?: number;
  readonly after?: number;
  /** Bits: how unexpected this is, were nothing different but noise; 40 at most. */
  readonly surprise: number;
  /** One plain sentence with values. */
  readonly message: string;
}

export interface WorldDiff {
  readonly schema: 'gumshoe.diff/1';
  readonly before: TimeRange;
  readonly after: TimeRange;
  /** Most surprising first. */
  readonly differences: readonly Difference[];
  /** What both have and is alike, by kind of comparison. */
  readonly alike: Readonly<Record<string, number>>;
}

export const MOST_SURPRISE = 40;

/**
 * What is there or not there, with nothing to measure: how seldom that happens by itself. A service comes and goes with
 * people's work; a dependency also with rare code paths, a log pattern with rare events.
 */
export const STRUCTURE_BITS = {
  'application-gone': 24,
  'application-new': 20,
  'dependency-gone': 14,
  'dependency-new': 16,
  image: 18,
  configuration: 18,
  instances: 10,
  'log-pattern-new': 6,
  'log-pattern-silent': 4,
} as const satisfies Partial<Record<DifferenceKind, number>>;

/** Weightier with the amount of evidence: one bit for each doubling. */
export const weighed = (bits: number, amount: number): number =>
  Math.min(MOST_SURPRISE, Math.round((bits + Math.log2(1 + Math.max(0, amount))) * 10) / 10);
