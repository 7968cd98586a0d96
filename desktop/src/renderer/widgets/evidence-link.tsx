import type { ApplicationId, Evidence } from '@gumshoe/model/entities';
import { ArrowRight } from '@blueprintjs/icons';
import { visit, type Destination, type RangeChoice } from '../state/link.ts';
import { clockText } from './time-text.ts';

const KIND_WORDS: Readonly<Record<Evidence['kind'], string>> = {
  promql: 'Metric',
  traces: 'Traces',
  logs: 'Logs',
  profile: 'Profile',
};

type EvidenceDestination = Destination & { readonly view: string; readonly range: RangeChoice };

/** Where a piece of evidence can be seen again: the same query over the same window. */
export function evidenceDestination(
  evidence: Evidence,
  application: ApplicationId | undefined,
): EvidenceDestination {
  const range = { kind: 'fixed', from: evidence.from, to: evidence.to } as const;
  switch (evidence.kind) {
    case 'promql':
      return { view: 'explore', range, params: { language: 'promql', query: evidence.query, run: '1' } };
    case 'traces':
      return { view: 'traces', range, params: { filter: evidence.query } };
    case 'logs':
      return { view: 'logs', range, params: { filter: evidence.query } };
    case 'profile':
      return {
        view: application ? 'application' : 'overview',
        ...(application ? { subject: application } : {}),
        range,
        params: { section: 'profile' },
      };
  }
}

export interface EvidenceLinkProps {
  readonly evidence: Evidence;
  /** Whose profile a profile is. */
  readonly application?: ApplicationId;
  readonly testId?: string;
}

/** One claim; a click runs its query again. */
export function EvidenceLink({ evidence, application, testId }: EvidenceLinkProps) {
  return (
    <button
      type="button"
      className="evidence"
      data-testid={testId}
      data-kind={evidence.kind}
      title={evidence.query}
      onClick={() => visit(evidenceDestination(evidence, application))}
    >
      <span className="tag" style={{ justifySelf: 'start' }}>
        {KIND_WORDS[evidence.kind]}
      </span>
      <span>{evidence.summary}</span>
      <span className="muted small row" style={{ gap: 4 }}>
        {clockText(evidence.from)}–{clockText(evidence.to)} <ArrowRight size={12} />
      </span>
    </button>
  );
}

export interface ClaimTextProps {
  readonly text: string;
  /** What it rests on; without it the sentence is just text. */
  readonly evidence: Evidence | undefined;
  readonly application?: ApplicationId;
}

/** A sentence; a click runs the query that it rests on. */
export function ClaimText({ text, evidence, application }: ClaimTextProps) {
  if (!evidence) return <span>{text}</span>;
  return (
    <button
      type="button"
      className="link-button claim"
      title={evidence.query}
      onClick={() => visit(evidenceDestination(evidence, application))}
    >
      {text}
    </button>
  );
}
