import { ArrowRight } from '@blueprintjs/icons';
import { Fragment, useEffect, useRef } from 'react';
import type { Cause } from '../../../contract/engine.ts';
import { useLink } from '../../state/link.ts';
import { ApplicationLink } from '../../widgets/application-name.tsx';
import { EvidenceLink } from '../../widgets/evidence-link.tsx';
import { clockText } from '../../widgets/time-text.ts';
import { CauseBlindSpots, CauseChecks } from './cause-checks.tsx';

/** One suspect: what, where, since when, how sure, why, and what to do. */
export function CauseCard({ cause }: { readonly cause: Cause }) {
  const { params } = useLink();
  const element = useRef<HTMLElement>(null);
  const wanted = params['cause'] === String(cause.rank);
  useEffect(() => {
    if (wanted) element.current?.scrollIntoView({ block: 'start' });
  }, [wanted]);
  return (
    <article
      ref={element}
      className="panel cause stack"
      data-testid={`cause-${cause.rank}`}
      data-rank={cause.rank}
      data-kind={cause.kind}
      data-application={cause.application}
      style={{ gap: 8 }}
    >
      <div className="row wrap">
        <span className="rank">{cause.rank}</span>
        <h2 style={{ fontSize: 15 }}>{cause.title}</h2>
        <span className="tag">{cause.kind}</span>
        <span className="grow" />
        <ScoreBar score={cause.score} />
      </div>
      <dl className="facts">
        <dt>Where</dt>
        <dd>
          <ApplicationLink id={cause.application} />
          {cause.instance === undefined ? '' : `, instance ${cause.instance}`}
        </dd>
        <dt>Began</dt>
        <dd>{cause.onset === undefined ? 'unknown' : clockText(cause.onset)}</dd>
        <dt>Signal</dt>
        <dd>
          <code>{cause.signal}</code>
        </dd>
        <dt>Path</dt>
        <dd className="path">
          {cause.path.map((id, index) => (
            <Fragment key={`${index} ${id}`}>
              {index > 0 ? <ArrowRight size={12} color="var(--g-muted)" /> : null}
              <ApplicationLink id={id} />
            </Fragment>
          ))}
        </dd>
      </dl>
      <div>
        <div className="muted small">Evidence; each line opens the query it comes from</div>
        {cause.evidence.map((evidence, index) => (
          <EvidenceLink
            key={`${index} ${evidence.query}`}
            evidence={evidence}
            application={cause.application}
            testId={`evidence-${index + 1}`}
          />
        ))}
      </div>
      <CauseChecks cause={cause} />
      <CauseBlindSpots cause={cause} />
      <div className="remedy" data-testid="remediation">
        <b>What to do:</b> {cause.remediation}
      </div>
    </article>
  );
}

function ScoreBar({ score }: { readonly score: number }) {
  return (
    <span
      className="row"
      title="How well time, path and size of the change fit the impact; 1 is a perfect fit"
    >
      <span className="muted small">score</span>
      <span className="score-bar">
        <span style={{ width: `${Math.max(0, Math.min(1, score)) * 100}%` }} />
      </span>
      <b>{score.toFixed(2)}</b>
    </span>
  );
}
