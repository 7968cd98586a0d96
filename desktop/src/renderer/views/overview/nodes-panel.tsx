import type { NodeRow } from '../../../contract/engine.ts';
import { ValueCell } from '../../widgets/figure.tsx';
import { HealthBadge } from '../../widgets/health-badge.tsx';
import { Panel } from '../../widgets/panel.tsx';

const COLUMNS = '92px minmax(0, 1fr) 90px 90px 104px';
const SHOWN = 200;

export function NodesPanel({ nodes }: { readonly nodes: readonly NodeRow[] }) {
  return (
    <Panel title="Nodes" note={`${nodes.length} seen, last minute`} flush>
      <div className="table-head" style={{ gridTemplateColumns: COLUMNS }}>
        <span>Health</span>
        <span>Node</span>
        <span className="number">CPU</span>
        <span className="number">Memory</span>
        <span className="number">Applications</span>
      </div>
      {nodes.length === 0 ? <div className="table-row muted">No node metrics in the window</div> : null}
      {nodes.slice(0, SHOWN).map((node) => (
        <div
          key={node.id}
          className="table-row"
          style={{ gridTemplateColumns: COLUMNS, height: 32, cursor: 'default' }}
          data-testid={`node-row-${node.hostname}`}
        >
          <HealthBadge health={node.health} />
          <span className="ellipsis" title={node.id}>
            {node.hostname}
          </span>
          <ValueCell value={node.cpuUsage} unit="ratio" />
          <ValueCell value={node.memoryUsage} unit="ratio" />
          <span className="number">{node.applications}</span>
        </div>
      ))}
      {nodes.length > SHOWN ? <div className="table-row muted">and {nodes.length - SHOWN} more</div> : null}
    </Panel>
  );
}
