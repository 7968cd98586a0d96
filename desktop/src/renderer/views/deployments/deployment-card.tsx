import { Button } from '@blueprintjs/core';
import { ArrowRight } from '@blueprintjs/icons';
import type { TimeRange } from '@gumshoe/base/time';
import { formatValue } from '@gumshoe/base/units';
import type { DeploymentEvidence, DeploymentReport } from '../../../contract/engine.ts';
import { visit } from '../../state/link.ts';
import { ApplicationLink } from '../../widgets/application-name.tsx';
import { ClaimText } from '../../widgets/evidence-link.tsx';
import { clockText, dateText, spanText } from '../../widgets/time-text.ts';
import { OutcomeBadge } from './outcome-badge.tsx';

/** One rollout: what was replaced by what, how far it came, and what changed after it. */
export function DeploymentCard({ report }: { readonly report: DeploymentReport }) {
  const { deployment, comparison } = report;
  const { application, name, version, previousVersion, startedAt, rollback, instances } = deployment;
  return (
    <article
      className="panel cause stack"
      style={{ gap: 8 }}
      data-testid={`deployment-${name}`}
      data-outcome={comparison.outcome}
    >
      <div className="row wrap">
        <OutcomeBadge outcome={comparison.outcome} />
        <h2 style={{ fontSize: 15 }}>
          <ApplicationLink id={application} name={name} />
        </h2>
        <span className="row version">
          <code className="ellipsis" title={previousVersion}>
            {previousVersion}
          </code>
          <ArrowRight size={12} />
          <code className="ellipsis" title={version}>
            {version}
          </code>
        </span>
        {rollback ? <span className="tag">rollback</span> : null}
        <span className="grow" />
        <span className="muted">{dateText(startedAt)}</span>
      </div>
      <dl className="facts">
        <dt>State</dt>
        <dd>{stateText(deployment)}</dd>
        <dt>Images</dt>
        <dd>
          <ClaimText
            text={deployment.images.join(', ') || 'unknown'}
            evidence={report.evidence.find((one) => one.about === 'version')}
            application={application}
          />
        </dd>
        <dt>Instances</dt>
        <dd>{instances.join(', ') || 'none'}</dd>
      </dl>
      <Changes report={report} />
      <Stretches report={report} />
    </article>
  );
}

function stateText({ state, startedAt, finishedAt, supersededAt }: DeploymentReport['deployment']): string {
  const done =
    finishedAt === undefined ? '' : ` at ${clockText(finishedAt)}, after ${spanText(startedAt, finishedAt)}`;
  const next = supersededAt === undefined ? '' : `; gave way to the next at ${clockText(supersededAt)}`;
  return `${state}${done}${next}`;
}

/** What changed, each on its line; what did not follows in one. */
function Changes({ report: { comparison, evidence, deployment } }: { readonly report: DeploymentReport }) {
  const { differences, newErrors } = comparison;
  const { application } = deployment;
  const evidenceOf = (about: DeploymentEvidence['about']) => evidence.find((one) => one.about === about);
  const changed = differences.filter(({ outcome }) => outcome !== 'same' && outcome !== 'unknown');
  const same = differences.filter(({ outcome }) => outcome === 'same');
  return (
    <ul className="plain-list">
      {changed.map(({ metric, outcome, message }) => (
        <li key={metric} className="row" style={{ alignItems: 'start' }}>
          <OutcomeBadge outcome={outcome} />{' '}
          <ClaimText text={message} evidence={evidenceOf(metric)} application={application} />
        </li>
      ))}
      {newErrors.map(({ pattern, sample, count }) => (
        <li key={pattern} className="row" style={{ alignItems: 'start' }}>
          <OutcomeBadge outcome="worse" />
          <span>
            <ClaimText
              text={`new in the logs, ${formatValue(count, 'count')} times:`}
              evidence={evidenceOf('new-errors')}
              application={application}
            />{' '}
            <code>{sample}</code>
          </span>
        </li>
      ))}
      {same.length > 0 ? (
        <li className="small muted">
          {same.map(({ metric, message }, index) => (
            <span key={metric}>
              <ClaimText text={message} evidence={evidenceOf(metric)} application={application} />
              {index < same.length - 1 ? '; ' : '.'}
            </span>
          ))}
        </li>
      ) : null}
    </ul>
  );
}

/** Over which time it was compared; each opens the application there. */
function Stretches({ report: { deployment, comparison } }: { readonly report: DeploymentReport }) {
  const { before, after } = comparison;
  if (!before || !after)
    return (
      <div className="small muted">
        Too little data before or after it to compare. A wider window may hold enough.
      </div>
    );
  const show = (range: TimeRange): void =>
    visit({ view: 'application', subject: deployment.application, range: { kind: 'fixed', ...range } });
  const stretch = (title: string, range: TimeRange) => (
    <Button
      size="small"
      variant="outlined"
      text={`${title}: ${clockText(range.from)}–${clockText(range.to)}`}
      title={`The application page over ${spanText(range.from, range.to)} ${title.toLowerCase()} the deployment`}
      onClick={() => show(range)}
    />
  );
  return (
    <div className="row wrap">
      {stretch('Before', before)}
      {stretch('After', after)}
    </div>
  );
}
