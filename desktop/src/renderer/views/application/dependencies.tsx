import { ArrowRight } from '@blueprintjs/icons';
import type { ApplicationId } from '@gumshoe/model/entities';
import type { ServiceMapEdge } from '../../../contract/engine.ts';
import { visit } from '../../state/link.ts';
import { ApplicationLink } from '../../widgets/application-name.tsx';
import { ValueCell } from '../../widgets/figure.tsx';
import { evidenceDestination } from '../../widgets/evidence-link.tsx';
import { HealthBadge } from '../../widgets/health-badge.tsx';
import { Panel } from '../../widgets/panel.tsx';

const COLUMNS = '28px minmax(0, 1fr) 84px 86px 68px 68px 20px';

export interface DependenciesProps {
  readonly id: ApplicationId;
  /** Every connection of the application, in both directions. */
  readonly edges: readonly ServiceMapEdge[];
}

export function Dependencies({ id, edges }: DependenciesProps) {
  return (
    <Panel title="Dependencies" note="numbers are of the last 30 s" flush testId="dependencies">
      <div className="table-head" style={{ gridTemplateColumns: COLUMNS }}>
        <span />
        <span>Application</span>
        <span>Protocol</span>
        <span className="number">Requests</span>
        <span className="number">Errors</span>
        <span className="number">p99</span>
        <span className="sr-only">Evidence</span>
      </div>
      <EdgeRows title="calls" edges={edges.filter((edge) => edge.client === id)} end="server" />
      <EdgeRows title="is called by" edges={edges.filter((edge) => edge.server === id)} end="client" />
      {edges.length === 0 ? (
        <div className="chart-box muted">No connection was seen in the window</div>
      ) : null}
    </Panel>
  );
}

interface EdgeRowsProps {
  readonly title: string;
  readonly edges: readonly ServiceMapEdge[];
  readonly end: 'client' | 'server';
}

function EdgeRows({ title, edges, end }: EdgeRowsProps) {
  return edges.map((edge, index) => (
    <div
      key={`${index} ${edge[end]}`}
      className="table-row"
      style={{ gridTemplateColumns: COLUMNS, minHeight: 32, cursor: 'default' }}
      title={edge.reasons.join('\n')}
    >
      <HealthBadge health={edge.health} compact />
      <span className="ellipsis">
        <span className="muted">{title}</span> <ApplicationLink id={edge[end]} />
      </span>
      <span className="muted">{edge.protocols.join(', ')}</span>
      <ValueCell value={edge.requestRate} unit="requests/second" />
      <ValueCell value={edge.errorRatio} unit="ratio" />
      <ValueCell value={edge.p99} unit="seconds" />
      <EdgeEvidence edge={edge} />
    </div>
  ));
}

/** Opens the query that the line's figures come from. */
function EdgeEvidence({ edge: { evidence } }: { readonly edge: ServiceMapEdge }) {
  const [first] = evidence;
  if (!first) return <span />;
  return (
    <button
      type="button"
      className="link-button"
      aria-label={`Evidence: ${first.summary}`}
      title={`${first.summary}\n${first.query}`}
      onClick={() => visit(evidenceDestination(first, undefined))}
    >
      <ArrowRight size={12} />
    </button>
  );
}
