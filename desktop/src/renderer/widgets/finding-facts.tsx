import { formatValue } from '@gumshoe/base/units';
import type { ApplicationId } from '@gumshoe/model/entities';
import type { Finding } from '../../contract/engine.ts';
import { EvidenceLink } from './evidence-link.tsx';
import { HealthBadge } from './health-badge.tsx';

const MOST_INSTANCES = 12;

export interface FindingFactsProps {
  readonly finding: Finding;
  /** Whose profile a profile in the evidence is. */
  readonly application?: ApplicationId;
}

/** What a finding rests on: each instance, the arithmetic, and the queries. */
export function FindingFacts({ finding, application }: FindingFactsProps) {
  const { instances, explanation, evidence, unit } = finding;
  return (
    <>
      {instances.length > 1 ? (
        <div className="row wrap small">
          {instances.slice(0, MOST_INSTANCES).map(({ instance, value, health }, index) => (
            <span key={`${index} ${instance}`} className="tag">
              <HealthBadge health={health} compact /> {instance} {formatValue(value, unit)}
            </span>
          ))}
          {instances.length > MOST_INSTANCES ? (
            <span className="muted">and {instances.length - MOST_INSTANCES} more</span>
          ) : null}
        </div>
      ) : null}
      {explanation.length > 0 ? (
        <ul className="plain-list small muted" style={{ gap: 2 }}>
          {explanation.map((line, index) => (
            <li key={`${index} ${line}`}>{line}</li>
          ))}
        </ul>
      ) : null}
      <div>
        {evidence.map((one, index) => (
          <EvidenceLink
            key={`${index} ${one.query}`}
            evidence={one}
            {...(application === undefined ? {} : { application })}
          />
        ))}
      </div>
    </>
  );
}
