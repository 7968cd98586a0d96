import type { Milliseconds } from '@gumshoe/base/time';
import type { ApplicationId, Evidence, InstanceId } from '@gumshoe/model/entities';

/** The answer of an investigation, in the order in which it is printed. */
export interface Investigation {
  readonly window: { readonly from: Milliseconds; readonly to: Milliseconds };
  readonly impacted: readonly ImpactedApplication[];
  readonly causes: readonly RankedCause[];
  readonly cleared: readonly ClearedSuspect[];
  readonly notExamined: readonly { readonly subject: string; readonly reason: string }[];
  readonly summary: string;
}

export interface ImpactedApplication {
  readonly application: ApplicationId;
  readonly slo: 'availability' | 'latency';
  readonly since: Milliseconds;
  readonly until?: Milliseconds;
  readonly impact: number;
  readonly severity: 'warning' | 'critical';
  readonly message: string;
}

export interface RankedCause {
  readonly rank: number;
  readonly application: ApplicationId;
  readonly instance?: InstanceId;
  readonly kind: string;
  readonly title: string;
  readonly signal: string;
  /** 0..1 */
  readonly score: number;
  readonly onset?: Milliseconds;
  readonly path: readonly ApplicationId[];
  readonly evidence: readonly Evidence[];
  readonly remediation: string;
}

export interface ClearedSuspect {
  readonly application: ApplicationId;
  readonly signal: string;
  readonly reason: string;
}
