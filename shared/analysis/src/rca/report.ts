import type { Milliseconds } from '@gumshoe/base/time';
import type { ApplicationId, Evidence, InstanceId } from '@gumshoe/model/entities';
import type { Claim } from './claim.ts';

/**
 * cause: something is to blame; place: only where it begins is known; no-visible-cause: nothing that was examined
 * explains the impact; no-impact: nothing to explain; no-data: nothing could be judged.
 */
export type Conclusion = 'cause' | 'place' | 'no-visible-cause' | 'no-impact' | 'no-data';

/** The answer of an investigation, in the order in which it is printed. */
export interface Investigation {
  readonly window: { readonly from: Milliseconds; readonly to: Milliseconds };
  readonly impacted: readonly ImpactedApplication[];
  readonly causes: readonly RankedCause[];
  readonly cleared: readonly ClearedSuspect[];
  readonly notExamined: readonly { readonly subject: string; readonly reason: string }[];
  /** The statements of `claims`, one after the other. */
  readonly summary: string;
  readonly conclusion: Conclusion;
  readonly claims: readonly Claim[];
  readonly examined: Examined;
}

/** How much was looked at. */
export interface Examined {
  readonly applications: number;
  readonly instances: number;
  readonly nodes: number;
  readonly dependencies: number;
  /** Kinds of causes times the applications they were looked for in, where there was data. */
  readonly suspects: number;
}

export interface ImpactedApplication {
  readonly application: ApplicationId;
  readonly slo: 'availability' | 'latency';
  readonly since: Milliseconds;
  readonly until?: Milliseconds;
  /** Nothing was seen after `until`: nobody knows whether it recovered. */
  readonly silent?: true;
  readonly impact: number;
  readonly severity: 'warning' | 'critical';
  readonly message: string;
  readonly evidence: readonly Evidence[];
}

export interface RankedCause {
  readonly rank: number;
  readonly application: ApplicationId;
  readonly instance?: InstanceId;
  readonly kind: string;
  readonly title: string;
  readonly signal: string;
  /** 0..1: how well it explains the impact, against other suspects of this investigation. */
  readonly score: number;
  readonly onset?: Milliseconds;
  readonly path: readonly ApplicationId[];
  readonly evidence: readonly Evidence[];
  readonly remediation: string;
  /** 0..1: how often answers like this one are right, blind spots and rivals included. */
  readonly confidence: number;
  readonly falsifier: Falsifier;
  /** For changes only. */
  readonly placebo?: Placebo;
  readonly counterfactual?: Counterfactual;
  /** Of the applications on the path, in its order; those that hide nothing are left out. */
  readonly blindSpots: readonly ApplicationSight[];
  /** The explanation, sentence by sentence. */
  readonly claims: readonly Claim[];
}

/** What would disprove a cause. */
export interface Falsifier {
  readonly statement: string;
  /** Whether the data allowed to look. */
  readonly checked: boolean;
  /** Whether the cause withstood the look. */
  readonly held?: boolean;
}

/** The same test on what should show no effect: earlier changes, and replicas that did not change. */
export interface Placebo {
  readonly statement: string;
  readonly earlierChanges: number;
  /** Of these, the ones after which the same got worse. */
  readonly earlierHarmful: number;
  /** Replicas that ran on unchanged, and how much of the trouble of the changed ones they share, 0..1. */
  readonly unchangedReplicas?: number;
  readonly unchangedShare?: number;
  /** What the score was multiplied with. */
  readonly factor: number;
}

/** How much of the impact would be gone, had this stayed as before. */
export interface Counterfactual {
  readonly statement: string;
  /** 0..1 */
  readonly share: number;
  readonly of: 'latency' | 'errors' | 'missing requests';
  readonly evidence: readonly Evidence[];
}

export type SightState = 'absent' | 'sampled' | 'opaque' | 'lost';

/** What can be seen of an application. */
export interface ApplicationSight {
  readonly application: ApplicationId;
  /** Kinds of signals that are there. */
  readonly seen: readonly string[];
  readonly blind: readonly {
    readonly signal: string;
    readonly state: SightState;
    readonly reason: string;
    /** What to turn on. */
    readonly enable: string;
  }[];
}

export interface ClearedSuspect {
  readonly application: ApplicationId;
  readonly signal: string;
  readonly reason: string;
}
