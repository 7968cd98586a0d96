import type { Milliseconds } from '@gumshoe/base/time';
import type { Evidence, InstanceId } from '@gumshoe/model/entities';
import type { Application, Column } from '@gumshoe/model/world';
import type { InspectedWorld } from '../../inspect.ts';
import type { Frame } from '../frame.ts';
import type { EvidenceStore } from '../evidence-store.ts';

export interface CandidateSubject {
  readonly application: Application;
  readonly inspected: InspectedWorld;
  readonly frame: Frame;
  /** What was fetched beyond metrics: profiles, traces, logs. */
  readonly extra: EvidenceStore;
}

/** One thing that may have caused the trouble, not yet weighed against others. */
export interface Suspicion {
  readonly title: string;
  /** Metric or signal that shows it. */
  readonly signal: string;
  readonly instance?: InstanceId;
  /** How far from normal, 0..1, without regard to time or place. */
  readonly magnitude: number;
  readonly onset?: Milliseconds;
  /** For the correlation with the impact. */
  readonly column?: Column;
  readonly evidence: readonly Evidence[];
  readonly remediation: string;
  /** Applications whose own trouble would explain this one away: clients whose view it is. */
  readonly dependsOn?: readonly Application['id'][];
  readonly node?: string;
  /** Applications that get more requests through this. */
  readonly floods?: readonly Application['id'][];
  /** How many times as many. */
  readonly surge?: number;
  /** Instances that a change reached. */
  readonly changed?: readonly InstanceId[];
  /** Applications that its messages speak of. */
  readonly mentions?: readonly Application['id'][];
  /** Only what it answers is wrong: calls to it are as fast and as right as before. */
  readonly inAnswers?: true;
  /** Dependencies on both sides of it that show it, fewer the more of its others do not. */
  readonly ways?: number;
  /** 0..1: how well it reaches the impact by other ways than calls, such as a node that both run on. */
  readonly reach?: number;
}

/** Looked at, and found innocent. */
export interface Innocence {
  readonly signal: string;
  readonly reason: string;
}

export interface Examination {
  readonly suspicions: readonly Suspicion[];
  readonly cleared: readonly Innocence[];
}

export interface CandidateDefinition {
  /** Stable id of the kind of cause. */
  readonly kind: string;
  readonly title: string;
  /** undefined: does not apply to this application, or there is no data. */
  readonly examine: (subject: CandidateSubject) => Examination | undefined;
}

export const defineCandidate = (definition: CandidateDefinition): CandidateDefinition => definition;

export const suspect = (...suspicions: readonly Suspicion[]): Examination => ({ suspicions, cleared: [] });
export const clear = (signal: string, reason: string): Examination => ({
  suspicions: [],
  cleared: [{ signal, reason }],
});

/** 0 at `low` and below, 1 at `high` and above, linear in between; NaN is 0. */
export function ramp(value: number, low: number, high: number): number {
  if (!(value > low)) return 0;
  return value >= high ? 1 : (value - low) / (high - low);
}
