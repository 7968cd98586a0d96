import { Button, HTMLSelect } from '@blueprintjs/core';
import { SearchAround } from '@blueprintjs/icons';
import type { ApplicationId } from '@gumshoe/model/entities';
import { defineView } from '../../app/define-view.ts';
import { useQuery, useSession } from '../../client/session.tsx';
import type { Impact, Report } from '../../../contract/engine.ts';
import { navigate, useLink } from '../../state/link.ts';
import { ApplicationLink, nameOfApplication } from '../../widgets/application-name.tsx';
import { ClaimText } from '../../widgets/evidence-link.tsx';
import { HealthBadge } from '../../widgets/health-badge.tsx';
import { Panel } from '../../widgets/panel.tsx';
import { Loaded } from '../../widgets/states.tsx';
import { clockText, dateText, spanText } from '../../widgets/time-text.ts';
import { CauseCard } from './cause-card.tsx';
import { ClearedPanel } from './cleared-panel.tsx';
import { Summary } from './summary.tsx';

function RcaView() {
  const { range } = useSession();
  const { subject } = useLink();
  const application = subject as ApplicationId | undefined;
  const report = useQuery(`investigate ${application ?? ''}`, [range, application ?? ''], (engine, signal) =>
    engine.investigate(range, application, signal),
  );
  return (
    <div className="view" data-testid="view-rca">
      <div className="view-title">
        <h1>Investigation</h1>
        <StartPicker current={application} />
        <span className="muted">
          {report.value ? `${dateText(report.value.window.from)} – ${clockText(report.value.window.to)}` : ''}
        </span>
      </div>
      <Loaded query={report} what="investigation">
        {(value) => <ReportBody report={value} />}
      </Loaded>
    </div>
  );
}

/** Where to start from: what breaks its objective, or one application. */
function StartPicker({ current }: { readonly current: ApplicationId | undefined }) {
  const { range } = useSession();
  const { value } = useQuery('overview', [range], (engine, signal) => engine.overview(range, signal));
  const rows = value?.applications ?? [];
  return (
    <HTMLSelect
      aria-label="Start from"
      value={current ?? ''}
      onChange={(event) => navigate({ subject: event.currentTarget.value || undefined })}
    >
      <option value="">from whatever breaks its objective</option>
      {current !== undefined && !rows.some((row) => row.id === current) ? (
        <option value={current}>from {nameOfApplication(current)}</option>
      ) : null}
      {rows.map((row) => (
        <option key={row.id} value={row.id}>
          from {row.name}
        </option>
      ))}
    </HTMLSelect>
  );
}

function ReportBody({ report }: { readonly report: Report }) {
  return (
    <div className="stack">
      <Summary report={report} />
      <Panel
        title="Impact"
        note={`${report.impacted.length} ${report.impacted.length === 1 ? 'objective' : 'objectives'} broken`}
        testId="impact"
      >
        {report.impacted.length === 0 ? <NoImpact report={report} /> : null}
        {report.impacted.map((impact, index) => (
          <ImpactRow key={`${index} ${impact.application}`} impact={impact} />
        ))}
      </Panel>
      <h2>Ranked causes</h2>
      {report.causes.length === 0 ? <NoCause report={report} /> : null}
      {report.causes.map((cause) => (
        <CauseCard key={cause.rank} cause={cause} />
      ))}
      <ClearedPanel report={report} />
    </div>
  );
}

/** Nothing broken and nothing seen are not the same. */
function NoImpact({ report: { conclusion } }: { readonly report: Report }) {
  return (
    <span className="row" data-testid="no-impact">
      {conclusion === 'no-data' ? (
        <>
          <HealthBadge health="unknown" /> Nothing was seen in this window, so no objective could be judged.
          Choose another window, or check in the status bar that the stores answer.
        </>
      ) : (
        <>
          <HealthBadge health="ok" /> No objective is broken in this window.
        </>
      )}
    </span>
  );
}

function ImpactRow({ impact }: { readonly impact: Impact }) {
  const { application, evidence: [evidence] = [] } = impact;
  return (
    <div className="row wrap" data-testid="impacted" data-application={application}>
      <HealthBadge health={impact.severity} />
      <b>
        <ApplicationLink id={application} />
      </b>
      <span className="tag">{impact.slo}</span>
      <ClaimText text={impact.message} evidence={evidence} application={application} />
      <span className="muted">{endText(impact)}</span>
    </div>
  );
}

function endText({ since, until, silent }: Impact): string {
  if (until === undefined) return 'still going on';
  return silent
    ? `nothing was seen after ${clockText(until)}: whether it recovered is not known`
    : `over at ${clockText(until)}, after ${spanText(since, until)}`;
}

const NOTHING_TO_EXPLAIN: Partial<Record<NonNullable<Report['conclusion']>, string>> = {
  'no-impact': ', as nothing is broken',
  'no-data': ', as there is no data to look at',
};

function NoCause({ report }: { readonly report: Report }) {
  const why = report.impacted.length > 0 ? '' : (NOTHING_TO_EXPLAIN[report.conclusion ?? 'no-impact'] ?? '');
  return (
    <div className="panel cause">
      <div>No cause was found{why}.</div>
      <div className="muted">
        {report.cleared.length} signals were examined and cleared, {report.notExamined.length} could not be
        examined.
      </div>
      {report.impacted.length > 0 ? (
        <Button
          size="small"
          style={{ marginTop: 8 }}
          text="See what was not examined"
          onClick={() => document.getElementById('not-examined')?.scrollIntoView()}
        />
      ) : null}
    </div>
  );
}

export const rcaView = defineView({
  id: 'rca',
  title: 'Causes',
  icon: SearchAround,
  titled: true,
  key: '3',
  component: RcaView,
});
