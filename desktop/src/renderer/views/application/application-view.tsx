import { Button } from '@blueprintjs/core';
import { Applications } from '@blueprintjs/icons';
import type { ApplicationId } from '@gumshoe/model/entities';
import { useEffect, useRef } from 'react';
import { defineView } from '../../app/define-view.ts';
import { firstInstant } from '../../charts/chart-option.ts';
import { TimeSeriesChart } from '../../charts/time-series-chart.tsx';
import { useQuery, useSession } from '../../client/session.tsx';
import type { ApplicationPage } from '../../../contract/engine.ts';
import { navigate, useLink } from '../../state/link.ts';
import { Panel } from '../../widgets/panel.tsx';
import { Empty, Loaded } from '../../widgets/states.tsx';
import { spanText } from '../../widgets/time-text.ts';
import { ApplicationHeader } from './application-header.tsx';
import { CpuProfile } from './cpu-profile.tsx';
import { Dependencies } from './dependencies.tsx';
import { ErrorBudgets } from './error-budgets.tsx';
import { FindingsPanel } from './findings-panel.tsx';
import { Instances } from './instances.tsx';

function ApplicationView() {
  const { subject } = useLink();
  if (subject === undefined)
    return (
      <Empty
        title="No application chosen"
        action={<Button text="Overview" onClick={() => navigate({ view: 'overview' })} />}
      >
        Choose one in the overview or on the map.
      </Empty>
    );
  return <OneApplication key={subject} id={subject as ApplicationId} />;
}

function OneApplication({ id }: { readonly id: ApplicationId }) {
  const { range } = useSession();
  const page = useQuery(`application ${id}`, [range], (engine, signal) =>
    engine.application(id, range, signal),
  );
  return (
    <div className="view" data-testid="view-application" data-application={id}>
      <Loaded query={page} what="application">
        {(value) => <PageBody page={value} />}
      </Loaded>
    </div>
  );
}

function PageBody({ page }: { readonly page: ApplicationPage }) {
  const { range } = page;
  const window = spanText(range.from, range.to);
  const from = firstInstant(page.charts);
  return (
    <div className="stack">
      <ApplicationHeader page={page} />
      <FindingsPanel findings={page.findings} window={window} from={from} />
      <ErrorBudgets slos={page.row.slos} />
      <Panel title="Charts" note={`${window}; click a name below a chart for its query`} flush>
        <div className="chart-grid">
          {page.charts.map((chart, index) => (
            <TimeSeriesChart key={`${index} ${chart.title}`} chart={chart} from={from} />
          ))}
        </div>
        {page.charts.length === 0 ? (
          <div className="chart-box muted">No metrics of this application</div>
        ) : null}
      </Panel>
      <div className="columns-2">
        <Instances instances={page.instances} />
        <Dependencies id={page.row.id} edges={[...page.upstreams, ...page.downstreams]} />
      </div>
      <ProfileSection page={page} />
      {page.blindSpots.length > 0 ? (
        <Panel title="Blind spots" note="what could not be seen here">
          <ul className="plain-list">
            {page.blindSpots.map((spot, index) => (
              <li key={`${index} ${spot.subject}`}>
                <b>{spot.subject}</b> {spot.reason} <span className="muted">{spot.cost}</span>
              </li>
            ))}
          </ul>
        </Panel>
      ) : null}
    </div>
  );
}

/** Evidence of kind profile leads here and scrolls down. */
function ProfileSection({ page }: { readonly page: ApplicationPage }) {
  const { params } = useLink();
  const element = useRef<HTMLDivElement>(null);
  const wanted = params['section'] === 'profile';
  useEffect(() => {
    if (wanted) element.current?.scrollIntoView({ block: 'start' });
  }, [wanted]);
  return (
    <div ref={element}>
      <CpuProfile id={page.row.id} hasProfile={page.hasProfile} />
    </div>
  );
}

export const applicationView = defineView({
  id: 'application',
  title: 'Application',
  icon: Applications,
  titled: true,
  component: ApplicationView,
});
