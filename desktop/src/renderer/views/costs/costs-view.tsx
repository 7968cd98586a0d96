import { Dollar } from '@blueprintjs/icons';
import { defineView } from '../../app/define-view.ts';
import { useQuery, useSession } from '../../client/session.tsx';
import type { Costs } from '../../../contract/engine.ts';
import { Figure } from '../../widgets/figure.tsx';
import { Empty, Loaded } from '../../widgets/states.tsx';
import { spanText } from '../../widgets/time-text.ts';
import { anyAsks, ApplicationCostsTable } from './application-costs-table.tsx';
import { moneyText, sumKnown } from './money.ts';
import { NodeCostsTable } from './node-costs-table.tsx';

function CostsView() {
  const { range } = useSession();
  const query = useQuery('costs', [range], (engine, signal) => engine.costs(range, signal));
  return (
    <div className="view" data-testid="view-costs">
      <div className="view-title">
        <h1>Costs</h1>
        <span className="muted">the {spanText(range.from, range.to)} of the window, as a month of 730 h</span>
      </div>
      <Loaded query={query} what="costs" empty={emptyText}>
        {(costs) => <CostsBody costs={costs} />}
      </Loaded>
    </div>
  );
}

const emptyText = ({ applications, nodes }: Costs) =>
  applications.length + nodes.length > 0 ? undefined : (
    <Empty title="Nothing that costs was measured">
      The window holds no CPU or memory of containers. Choose another window, or check in the status bar that
      the collectors report.
    </Empty>
  );

function CostsBody({ costs }: { readonly costs: Costs }) {
  return (
    <div className="stack">
      <Totals costs={costs} />
      <ApplicationCostsTable applications={costs.applications} currency={costs.prices.currency} />
      <NodeCostsTable nodes={costs.nodes} currency={costs.prices.currency} />
    </div>
  );
}

function Totals({ costs: { applications, nodes, prices } }: { readonly costs: Costs }) {
  const sum = (amounts: readonly number[]): string => moneyText(sumKnown(amounts), prices.currency);
  return (
    <div className="panel" style={{ padding: '12px 14px' }}>
      <div className="figures">
        <Figure label="Applications" window="a month">
          {sum(applications.map(({ monthly }) => monthly.total))}
        </Figure>
        {anyAsks(applications) ? (
          <>
            <Figure label="Requested by pods" window="a month">
              {sum(applications.map(({ monthly }) => monthly.allocated))}
            </Figure>
            <Figure label="of that never used" window="a month">
              {sum(applications.map(({ monthly }) => monthly.overProvisioned))}
            </Figure>
          </>
        ) : null}
        <Figure label="Allowed by limits and never used" window="a month">
          {sum(applications.map(({ monthly }) => monthly.unused))}
        </Figure>
        <Figure label="Nodes" window="a month">
          {sum(nodes.map(({ monthly }) => monthly))}
        </Figure>
        <Figure label="Idle on nodes" window="a month">
          {sum(nodes.map(({ monthlyIdle }) => monthlyIdle))}
        </Figure>
      </div>
      <div className="small muted" style={{ marginTop: 8 }} data-testid="prices">
        {prices.assumed ? 'List prices, nobody’s bill: ' : 'Prices of the configuration: '}
        {prices.listed ? 'machines and traffic of a known cloud cost what its list says; else ' : ''}
        {prices.cpuCoreHour} {prices.currency} for a core and {prices.memoryGibHour} {prices.currency} for a
        GiB an hour; {prices.crossZoneGib} {prices.currency} for a GiB to another zone, {prices.internetGib}{' '}
        {prices.currency} to the internet.
        {prices.assumed ? ' Yours go into gumshoe.yaml, under costs.' : ''}
      </div>
    </div>
  );
}

export const costsView = defineView({
  id: 'costs',
  title: 'Costs',
  icon: Dollar,
  titled: true,
  key: '0',
  component: CostsView,
});
