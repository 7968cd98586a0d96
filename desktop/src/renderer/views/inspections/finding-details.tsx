import { formatValue } from '@gumshoe/base/units';
import { ApplicationLink } from '../../widgets/application-name.tsx';
import { EvidenceLink } from '../../widgets/evidence-link.tsx';
import { HealthBadge } from '../../widgets/health-badge.tsx';
import type { FindingLine } from './finding-filter.ts';

const MOST_INSTANCES = 12;

/** The sentence, the arithmetic, each instance, and the queries behind it. */
export function FindingDetails({ line: { application, finding } }: { readonly line: FindingLine }) {
  const { instances, explanation, evidence } = finding;
  return (
    <div className="span-details" data-testid="finding-details">
      <div className="row wrap">
        <HealthBadge health={finding.health} />
        <b>{finding.title}</b> of <ApplicationLink id={application.id} name={application.name} />
        <span className="tag">{finding.inspection}</span>
      </div>
      <div>{finding.message}</div>
      <ul className="plain-list small muted" style={{ gap: 2 }}>
        {explanation.map((text, index) => (
          <li key={`${index} ${text}`}>{text}</li>
        ))}
      </ul>
      {instances.length > 1 ? (
        <div className="row wrap small">
          {instances.slice(0, MOST_INSTANCES).map(({ instance, value, health }, index) => (
            <span key={`${index} ${instance}`} className="tag">
              <HealthBadge health={health} compact /> {instance} {formatValue(value, finding.unit)}
            </span>
          ))}
          {instances.length > MOST_INSTANCES ? (
            <span className="muted">and {instances.length - MOST_INSTANCES} more</span>
          ) : null}
        </div>
      ) : null}
      {evidence.map((one, index) => (
        <EvidenceLink key={`${index} ${one.query}`} evidence={one} application={application.id} />
      ))}
    </div>
  );
}
