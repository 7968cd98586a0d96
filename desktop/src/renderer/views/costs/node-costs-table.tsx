import { useQuery, useSession } from '../../client/session.tsx';
import type { Costs } from '../../../contract/engine.ts';
import { ValueCell } from '../../widgets/figure.tsx';
import { Panel } from '../../widgets/panel.tsx';
import { moneyText } from './money.ts';

const COLUMNS = 'minmax(0, 1.2fr) 60px 86px 78px 90px 104px 104px minmax(0, 1fr)';
const SHOWN = 200;

export interface NodeCostsTableProps {
  readonly nodes: Costs['nodes'];
  readonly currency: string;
}

/** How nodes are called, by id. */
function useHostnames(): ReadonlyMap<string, string> {
  const { range } = useSession();
  const { value } = useQuery('overview', [range], (engine, signal) => engine.overview(range, signal));
  return new Map(value?.nodes.map(({ id, hostname }) => [id, hostname]));
}

export function NodeCostsTable({ nodes, currency }: NodeCostsTableProps) {
  const hostnames = useHostnames();
  return (
    <Panel title="Nodes" note={`${nodes.length} seen; idle is the mean of the window`} flush>
      <div className="table-head" style={{ gridTemplateColumns: COLUMNS }}>
        <span>Node</span>
        <span className="number">Cores</span>
        <span className="number">Memory</span>
        <span className="number">Idle CPU</span>
        <span className="number">Idle memory</span>
        <span className="number">A month</span>
        <span className="number">Idle a month</span>
        <span>Price</span>
      </div>
      {nodes.slice(0, SHOWN).map((node) => (
        <div
          key={node.node}
          className="table-row"
          style={{ gridTemplateColumns: COLUMNS, height: 30, cursor: 'default' }}
        >
          <span className="ellipsis" title={[node.node, ...kindOf(node)].join('\n')}>
            {hostnames.get(node.node) ?? node.node}{' '}
            <span className="muted small">{kindOf(node).join(', ')}</span>
          </span>
          <span className="number">{node.cores || '–'}</span>
          <ValueCell value={node.memory} unit="bytes" />
          <ValueCell value={node.idleCpu} unit="ratio" />
          <ValueCell value={node.idleMemory} unit="ratio" />
          <span className="number">{moneyText(node.monthly, currency)}</span>
          <span className="number">{moneyText(node.monthlyIdle, currency)}</span>
          <Price node={node} currency={currency} />
        </div>
      ))}
      {nodes.length > SHOWN ? <div className="chart-box muted">and {nodes.length - SHOWN} more</div> : null}
      {nodes.length === 0 ? <div className="chart-box muted">No node metrics in the window</div> : null}
    </Panel>
  );
}

type NodeCosts = Costs['nodes'][number];

/** What its cloud calls it, and whether it may take it away. */
const kindOf = ({ instanceType, lifeCycle }: NodeCosts): readonly string[] =>
  [instanceType, lifeCycle].filter(Boolean);

/** What it costs an hour, and who says so. */
function Price({ node, currency }: { readonly node: NodeCosts; readonly currency: string }) {
  const text = priceText(node, currency);
  return (
    <span className="ellipsis muted" title={text} data-testid="node-price" data-source={node.price.source}>
      {text}
    </span>
  );
}

function priceText({ price: { source, machine, list } }: NodeCosts, currency: string): string {
  if (source === 'parts') return 'by core and GiB';
  const hour = `${moneyText(machine, currency)} an hour`;
  if (source === 'configuration') return `gumshoe.yaml, ${hour}`;
  return list ? `list of ${list.provider}, ${hour}; ${list.region}, ${list.asOf}` : `list, ${hour}`;
}
