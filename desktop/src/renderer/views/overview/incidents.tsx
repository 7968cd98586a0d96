import { Button } from '@blueprintjs/core';
import { Endorsed, Help, SearchAround, TickCircle } from '@blueprintjs/icons';
import { formatValue } from '@gumshoe/base/units';
import { useQuery, useSession, type LiveQuery } from '../../client/session.tsx';
import type { Cause, Impact, Incident, Overview, Report, SloState } from '../../../contract/engine.ts';
import { navigate } from '../../state/link.ts';
import { ApplicationLink, nameOfApplication, openApplication } from '../../widgets/application-name.tsx';
import { ClaimText } from '../../widgets/evidence-link.tsx';
import { HealthBadge } from '../../widgets/health-badge.tsx';
import { clockText, lengthText, spanText } from '../../widgets/time-text.ts';

/** Open incidents first, the most severe on top, then as the investigation orders them: from the users inwards. */
export function sortIncidents(incidents: readonly Incident[], impacted: readonly Impact[]): Incident[] {
  const place = (incident: Incident): number => {
    const index = impacted.findIndex((impact) => impact.application === incident.application);
    return index < 0 ? impacted.length : index;
  };
  const rank = (incident: Incident): number =>
    (incident.resolvedAt === undefined ? 0 : 2) + (incident.severity === 'critical' ? 0 : 1);
  return [...incidents].sort((a, b) => rank(a) - rank(b) || place(a) - place(b) || a.openedAt - b.openedAt);
}

/** Incidents whose causes are looked for at once; the others mostly follow from them and are one click away. */
const EXPLAINED = 1;

export function Incidents({ overview }: { readonly overview: Overview }) {
  const { range } = useSession();
  const report = useQuery('investigate ', [range, ''], (engine, signal) =>
    engine.investigate(range, undefined, signal),
  );
  const incidents = sortIncidents(overview.incidents, report.value?.impacted ?? []);
  if (incidents.length === 0) return isJudged(overview) ? <AllClear overview={overview} /> : <NotJudged />;
  return (
    <div className="stack">
      {incidents.slice(0, EXPLAINED).map((incident) => (
        <IncidentCard key={incident.id} {...{ incident, report }} slo={sloOf(overview, incident)} />
      ))}
      {incidents.length > EXPLAINED ? <MoreIncidents incidents={incidents.slice(EXPLAINED)} /> : null}
    </div>
  );
}

/** Whether any objective had requests to be judged by. */
const isJudged = ({ applications }: Overview): boolean =>
  applications.some(({ slos }) => slos.some(({ requests }) => requests > 0));

function AllClear({ overview: { range } }: { readonly overview: Overview }) {
  return (
    <div className="panel all-clear" data-testid="no-incidents">
      <Endorsed color="var(--g-ok)" size={18} />
      <b>No incident</b>
      <span className="muted">every judged objective holds over {spanText(range.from, range.to)}</span>
    </div>
  );
}

/** No incident, as nobody could have told of one. */
function NotJudged() {
  return (
    <div className="panel all-clear" data-testid="no-incidents">
      <Help color="var(--g-unknown)" size={18} />
      <b>No objective was judged</b>
      <span className="muted">
        no requests were seen in the window; what the inspections found is below and in Inspect
      </span>
    </div>
  );
}

/** How it stands at the end of the window. */
function IncidentState({ incident: { severity, resolvedAt, silent } }: { readonly incident: Incident }) {
  if (resolvedAt === undefined) return <HealthBadge health={severity} />;
  if (silent)
    return (
      <span className="health" data-health="unknown" data-testid="silent">
        <Help size={14} /> No data since
      </span>
    );
  return (
    <span className="health" data-health="ok" data-testid="recovered">
      <TickCircle size={14} /> Recovered
    </span>
  );
}

/** `since 14:03:07, for 3 min`, of the objective that is named; what nothing more was seen of has no end. */
function whenText({ openedAt: began, resolvedAt, silent, impacts }: Incident, now: number): string {
  const openedAt = impacts[0]?.openedAt ?? began;
  const first = began < openedAt ? `; another broke at ${clockText(began)}` : '';
  if (resolvedAt === undefined) return `since ${clockText(openedAt)}, for ${spanText(openedAt, now)}${first}`;
  const span = spanText(openedAt, resolvedAt);
  if (silent)
    return `from ${clockText(openedAt)}, seen for ${span}; nothing was seen after ${clockText(resolvedAt)}, so nobody knows whether it goes on`;
  return `from ${clockText(openedAt)} to ${clockText(resolvedAt)}, for ${span}${first}`;
}

/** The objective that an incident is named after. */
const sloOf = ({ applications }: Overview, { application, slo }: Incident): SloState | undefined =>
  applications.find(({ id }) => id === application)?.slos.find(({ kind }) => kind === slo);

interface BudgetSpentProps {
  readonly incident: Incident;
  /** Of the budget, ms. */
  readonly period: number | undefined;
}

/** What it costs beside the share of requests, which the sentence below says. */
function BudgetSpent({ incident: { budgetSpent }, period }: BudgetSpentProps) {
  if (Number.isNaN(budgetSpent)) return null;
  return (
    <span className="muted" data-testid="budget-spent">
      It spent {formatValue(budgetSpent, 'ratio')} of the error budget
      {period === undefined ? '' : ` of ${lengthText(period)}`}.
    </span>
  );
}

interface IncidentCardProps {
  readonly incident: Incident;
  readonly slo: SloState | undefined;
  readonly report: LiveQuery<Report>;
}

function IncidentCard({ incident, slo, report }: IncidentCardProps) {
  const { range } = useSession();
  const { severity, application, name, resolvedAt, silent } = incident;
  const period = slo?.errorBudget?.period;
  return (
    <article
      className="panel incident"
      data-testid="incident"
      data-severity={severity}
      data-application={application}
      data-resolved={resolvedAt !== undefined && !silent}
    >
      <div className="row wrap">
        <IncidentState incident={incident} />
        <h2 className="incident-name">
          <ApplicationLink id={application} name={name} />
        </h2>
        <span>
          {incident.slo} objective {resolvedAt === undefined ? 'broken' : 'was broken'}
        </span>
        <span className="muted">{whenText(incident, range.to)}</span>
      </div>
      <p className="incident-summary">
        <ClaimText text={incident.summary} evidence={slo?.evidence[0]} application={application} />{' '}
        <BudgetSpent incident={incident} period={period} />
      </p>
      <Others incident={incident} />
      <TopCauses report={report} />
      <div className="row">
        <Button
          intent="primary"
          size="small"
          icon={<SearchAround />}
          text="Investigate"
          data-testid="investigate"
          onClick={() => navigate({ view: 'rca', subject: application })}
        />
        <Button
          size="small"
          variant="outlined"
          text="Application"
          onClick={() => openApplication(application)}
        />
        <Button
          size="small"
          variant="outlined"
          text="Map"
          onClick={() => navigate({ view: 'map', subject: application })}
        />
      </div>
    </article>
  );
}

/** The other objectives that the same trouble broke. */
function Others({ incident: { impacts } }: { readonly incident: Incident }) {
  const others = impacts.slice(1);
  if (others.length === 0) return null;
  return (
    <div className="row wrap small" style={{ marginBottom: 8 }} data-testid="incident-impacts">
      <span className="muted">also broken:</span>
      {others.map(({ application, name, slo, impact, summary }) => (
        <span key={`${application} ${slo}`} className="tag" title={summary}>
          <ApplicationLink id={application} name={name} /> {slo} {formatValue(impact, 'ratio')}
        </span>
      ))}
    </div>
  );
}

const COLUMNS = '112px minmax(80px, 150px) minmax(120px, 190px) 138px minmax(0, 1fr) 64px';

/** One line each. */
function MoreIncidents({ incidents }: { readonly incidents: readonly Incident[] }) {
  return (
    <div className="panel">
      {incidents.map((incident) => (
        <div
          key={incident.id}
          className="table-row"
          style={{ gridTemplateColumns: COLUMNS, height: 34 }}
          data-testid="incident"
          data-severity={incident.severity}
          data-application={incident.application}
          data-resolved={incident.resolvedAt !== undefined && !incident.silent}
          onClick={() => navigate({ view: 'rca', subject: incident.application })}
        >
          <IncidentState incident={incident} />
          <button type="button" className="link-button ellipsis" title="Investigate">
            <b>{incident.name}</b>
          </button>
          <span className="ellipsis">
            {incident.slo} objective {incident.resolvedAt === undefined ? 'broken' : 'was broken'}
          </span>
          <span className="muted">
            {incident.resolvedAt === undefined
              ? `since ${clockText(incident.openedAt)}`
              : `${clockText(incident.openedAt)}–${clockText(incident.resolvedAt)}`}
          </span>
          <span className="ellipsis muted" title={incident.summary}>
            {incident.summary}
          </span>
          <b className="number">{formatValue(incident.impact, 'ratio')}</b>
        </div>
      ))}
    </div>
  );
}

const SHOWN = 3;

/** The first ranked causes, as a promise of what the investigation shows in full. */
function TopCauses({ report }: { readonly report: LiveQuery<Report> }) {
  const { value, failure } = report;
  if (!value)
    return <p className="muted">{failure ? `Causes unknown: ${failure.reason}` : 'Looking for causes…'}</p>;
  if (value.causes.length === 0)
    return (
      <p className="muted" data-testid="no-cause">
        No cause stands out; {value.cleared.length} signals cleared.
      </p>
    );
  return (
    <ol className="top-causes">
      {value.causes.slice(0, SHOWN).map((cause) => (
        <TopCause key={cause.rank} cause={cause} />
      ))}
      {value.causes[0] ? (
        <li className="first-remedy" data-testid="first-remedy">
          <b>What to do:</b>
          <span>{value.causes[0].remediation}</span>
        </li>
      ) : null}
    </ol>
  );
}

function TopCause({ cause }: { readonly cause: Cause }) {
  return (
    <li data-testid={`top-cause-${cause.rank}`}>
      <span
        className="score"
        title="How well time, path and size of the change fit the impact; 1 is a perfect fit"
      >
        score {cause.score.toFixed(2)}
      </span>
      <b className="ellipsis" title={cause.application}>
        {nameOfApplication(cause.application)}
      </b>
      <button
        type="button"
        className="link-button claim"
        title="Evidence of this cause"
        onClick={() => navigate({ view: 'rca', params: { cause: String(cause.rank) } })}
      >
        {cause.title}
      </button>
      {cause.onset === undefined ? null : <span className="muted number">from {clockText(cause.onset)}</span>}
    </li>
  );
}
