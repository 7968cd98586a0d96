import { Fragment, useState } from 'react';
import type { Report } from '../../../contract/engine.ts';
import { EvidenceLink } from '../../widgets/evidence-link.tsx';

/** The answer in one paragraph; each sentence shows what it rests on. */
export function Summary({ report }: { readonly report: Report }) {
  const { claims = [], summary, causes } = report;
  const [shown, setShown] = useState<number>();
  const claim = shown === undefined ? undefined : claims[shown];
  if (claims.length === 0)
    return (
      <p className="rca-summary" data-testid="rca-summary">
        {summary}
      </p>
    );
  return (
    <div>
      <p className="rca-summary" data-testid="rca-summary">
        {claims.map(({ statement }, index) => (
          <Fragment key={`${index} ${statement}`}>
            <Sentence
              text={statement}
              expanded={index === shown}
              testId={`claim-${index + 1}`}
              onToggle={() => setShown(index === shown ? undefined : index)}
            />{' '}
          </Fragment>
        ))}
      </p>
      {claim ? (
        <div className="panel" data-testid="claim-evidence" style={{ marginTop: 8, padding: 4 }}>
          {claim.evidence.map((evidence, index) => (
            <EvidenceLink
              key={`${index} ${evidence.query}`}
              evidence={evidence}
              {...(causes[0] ? { application: causes[0].application } : {})}
            />
          ))}
        </div>
      ) : null}
    </div>
  );
}

interface SentenceProps {
  readonly text: string;
  readonly expanded: boolean;
  readonly testId: string;
  readonly onToggle: () => void;
}

/** No button element: that would not wrap within the paragraph. */
const Sentence = ({ text, expanded, testId, onToggle }: SentenceProps) => (
  <span
    role="button"
    tabIndex={0}
    className="claim"
    aria-expanded={expanded}
    title="Show what this rests on"
    data-testid={testId}
    onClick={onToggle}
    onKeyDown={(event) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      onToggle();
    }}
  >
    {text}
  </span>
);
