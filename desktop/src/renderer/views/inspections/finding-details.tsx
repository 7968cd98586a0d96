import { ApplicationLink } from '../../widgets/application-name.tsx';
import { FindingFacts } from '../../widgets/finding-facts.tsx';
import { HealthBadge } from '../../widgets/health-badge.tsx';
import type { FindingLine } from './finding-filter.ts';

/** The sentence and what it rests on. */
export function FindingDetails({ line: { application, finding } }: { readonly line: FindingLine }) {
  return (
    <div className="span-details" data-testid="finding-details">
      <div className="row wrap">
        <HealthBadge health={finding.health} />
        <b>{finding.title}</b> of <ApplicationLink id={application.id} name={application.name} />
        <span className="tag">{finding.inspection}</span>
      </div>
      <div>{finding.message}</div>
      <FindingFacts finding={finding} application={application.id} />
    </div>
  );
}
