import { Dashboard } from '@blueprintjs/icons';
import { Button } from '@blueprintjs/core';
import { milliseconds } from '@gumshoe/base/time';
import { formatValue } from '@gumshoe/base/units';
import { defineView } from '../../app/define-view.ts';
import { useQuery, useSession } from '../../client/session.tsx';
import type { Overview } from '../../../contract/engine.ts';
import { Panel } from '../../widgets/panel.tsx';
import { Empty, Loaded } from '../../widgets/states.tsx';
import { navigate } from '../../state/link.ts';
import { clockText, dateText } from '../../widgets/time-text.ts';
import { AlertsPanel } from './alerts-panel.tsx';
import { ApplicationsTable, trendStart } from './applications-table.tsx';
import { Incidents } from './incidents.tsx';
import { NodesPanel } from './nodes-panel.tsx';

function OverviewView() {
  const { range } = useSession();
  const overview = useQuery('overview', [range], (engine, signal) => engine.overview(range, signal));
  return (
    <div className="view" data-testid="view-overview">
      <Loaded query={overview} what="applications" empty={(value) => emptyOverview(value)}>
        {(value) => <OverviewBody overview={value} />}
      </Loaded>
    </div>
  );
}

function emptyOverview(overview: Overview) {
  if (overview.applications.length > 0 || overview.nodes.length > 0) return undefined;
  return <NothingSeen />;
}

/** Says where the data is, if there is any: a collector that stopped is the first thing to know. */
function NothingSeen() {
  const { range } = useSession();
  const { value: extent } = useQuery('extent', [range.to], (engine, signal) => engine.extent(signal));
  if (!extent)
    return (
      <Empty title="This source holds no metrics">
        Check in the line below that both stores answer, and that a collector is writing to them.
      </Empty>
    );
  const width = Math.min(range.to - range.from, extent.to - extent.from);
  const last = { kind: 'fixed', from: milliseconds(extent.to - width), to: extent.to } as const;
  return (
    <Empty
      title="No application was seen in this window"
      action={
        <Button intent="primary" text="Show the last of it" onClick={() => navigate({ range: last })} />
      }
    >
      There is data from {dateText(extent.from)} to {dateText(extent.to)}.
    </Empty>
  );
}

function OverviewBody({ overview }: { readonly overview: Overview }) {
  const { applications, blindSpots, range } = overview;
  const broken = applications.filter((row) => row.health === 'critical' || row.health === 'warning').length;
  const trendFrom = trendStart(applications);
  const trendSince = range.from + trendFrom * (range.to - range.from);
  return (
    <div className="stack">
      <Incidents overview={overview} />
      <Panel
        title="Applications"
        note={`${applications.length} seen, ${broken} not OK; numbers are of the last minute, trends since ${clockText(trendSince)}`}
        flush
      >
        <ApplicationsTable rows={applications} now={range.to} {...{ trendFrom }} />
      </Panel>
      <AlertsPanel applications={applications} />
      <div className="overview-columns">
        <NodesPanel nodes={overview.nodes} />
        <Panel title="Blind spots" note="what could not be seen, and what that costs">
          {blindSpots.length === 0 ? <span className="muted">None known: every signal answered.</span> : null}
          <ul className="plain-list">
            {blindSpots.map((spot, index) => (
              <li key={`${index} ${spot.subject}`}>
                <b>{spot.subject}</b> {spot.reason} <span className="muted">{spot.cost}</span>
              </li>
            ))}
          </ul>
        </Panel>
      </div>
      <span className="sr-only">{formatValue(applications.length, 'count')} applications</span>
    </div>
  );
}

export const overviewView = defineView({
  id: 'overview',
  title: 'Overview',
  icon: Dashboard,
  key: '1',
  component: OverviewView,
});
