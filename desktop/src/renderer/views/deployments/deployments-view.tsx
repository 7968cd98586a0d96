import { Rocket } from '@blueprintjs/icons';
import { defineView } from '../../app/define-view.ts';
import { useQuery, useSession } from '../../client/session.tsx';
import type { DeploymentReport } from '../../../contract/engine.ts';
import { Empty, Loaded } from '../../widgets/states.tsx';
import { dateText, spanText } from '../../widgets/time-text.ts';
import { DeploymentCard } from './deployment-card.tsx';

/** More cards than this nobody reads. */
const SHOWN = 100;

function DeploymentsView() {
  const { range } = useSession();
  const query = useQuery('deployments', [range], (engine, signal) => engine.deployments(range, signal));
  return (
    <div className="view" data-testid="view-deployments">
      <div className="view-title">
        <h1>Deployments</h1>
        <span className="muted">{query.value && query.value.length > 0 ? noteOf(query.value) : ''}</span>
      </div>
      <Loaded query={query} what="deployments" empty={emptyText}>
        {(reports) => <Cards reports={reports} />}
      </Loaded>
    </div>
  );

  function emptyText(reports: readonly DeploymentReport[]) {
    if (reports.length > 0) return undefined;
    return (
      <Empty title="No deployment touches this window">
        In the {spanText(range.from, range.to)} from {dateText(range.from)} no application went from one
        version to another. A rollout shows as a change of image or ReplicaSet; choose a wider window to see
        earlier ones.
      </Empty>
    );
  }
}

const noteOf = (reports: readonly DeploymentReport[]): string => {
  const worse = reports.filter(({ comparison }) => comparison.outcome === 'worse').length;
  return `${reports.length} ${reports.length === 1 ? 'touches' : 'touch'} the window, newest first; ${worse} made something worse`;
};

function Cards({ reports }: { readonly reports: readonly DeploymentReport[] }) {
  const newest = reports.toReversed();
  return (
    <div className="stack">
      {newest.slice(0, SHOWN).map((report) => (
        <DeploymentCard
          key={`${report.deployment.application} ${report.deployment.startedAt}`}
          report={report}
        />
      ))}
      {newest.length > SHOWN ? (
        <div className="muted">
          {newest.length - SHOWN} earlier ones are not shown; choose a narrower window to see them.
        </div>
      ) : null}
    </div>
  );
}

export const deploymentsView = defineView({
  id: 'deployments',
  title: 'Deploys',
  icon: Rocket,
  titled: true,
  key: '8',
  component: DeploymentsView,
});
