import type { ApplicationId, Evidence } from '@gumshoe/model/entities';
import type { FrameShift } from '@gumshoe/model/derived/frame-shares';
import type { ObservedEvent } from './events.ts';
import type { FailedRequests } from './failed-requests.ts';

/** Signals beyond metrics that a host fetched for the suspects of a first pass. */
export interface EvidenceStore {
  /** Stack frames that grew against the baseline, by application. */
  readonly frames: ReadonlyMap<ApplicationId, readonly FrameShift[]>;
  /** An example trace or log line, by application. */
  readonly examples: ReadonlyMap<ApplicationId, readonly Evidence[]>;
  /** What requests that failed in an application have in common, by application. */
  readonly failures: ReadonlyMap<ApplicationId, FailedRequests>;
  /** What was noted from the calm time on: Kubernetes' events, changes of configuration. */
  readonly events: readonly ObservedEvent[];
  /** What could not be fetched, and why. */
  readonly missing: readonly { readonly subject: string; readonly reason: string }[];
}

export const NO_EXTRA_EVIDENCE: EvidenceStore = {
  frames: new Map(),
  examples: new Map(),
  failures: new Map(),
  events: [],
  missing: [],
};
