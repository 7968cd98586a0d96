import type { Evidence } from '@gumshoe/model/entities';
import type { ApplicationRow } from '../../../contract/engine.ts';
import { useQuery, useSession } from '../../client/session.tsx';
import { ApplicationLink, nameOfApplication } from '../../widgets/application-name.tsx';
import { ClaimText } from '../../widgets/evidence-link.tsx';
import { HealthBadge } from '../../widgets/health-badge.tsx';
import { Panel } from '../../widgets/panel.tsx';
import { clockText } from '../../widgets/time-text.ts';
import { alertLines, type AlertLine, type AlertPhase } from './alert-lines.ts';

const COLUMNS = '92px 76px minmax(100px, 1fr) minmax(80px, 0.8fr) 72px minmax(0, 4fr)';
const SHOWN = 50;

const WORDS: Readonly<Record<AlertPhase, string>> = {
  firing: 'firing',
  pending: 'pending',
  resolving: 'resolving',
  inactive: 'over',
};

/** Rules of the configuration and burn rates that are or were active; nothing at all when there are none. */
export function AlertsPanel({ applications }: { readonly applications: readonly ApplicationRow[] }) {
  const { range } = useSession();
  const { value, failure } = useQuery('alerts', [range], (engine, signal) => engine.alerts(range, signal));
  if (failure)
    return (
      <Panel title="Alerts">
        <span className="muted">Unknown: {failure.reason}</span>
      </Panel>
    );
  const lines = value ? alertLines(value) : [];
  if (lines.length === 0) return null;
  const firing = lines.filter(({ phase }) => phase === 'firing').length;
  return (
    <Panel
      title="Alerts"
      note={`${lines.length} active in the window, ${firing} firing at its end`}
      testId="alerts"
      flush
    >
      {lines.slice(0, SHOWN).map((line, index) => (
        <AlertRow
          key={`${index} ${line.application}`}
          line={line}
          evidence={evidenceOf(applications, line)}
        />
      ))}
      {lines.length > SHOWN ? <div className="chart-box muted">and {lines.length - SHOWN} more</div> : null}
    </Panel>
  );
}

/** What shows the objective whose budget burns; rules of the configuration have no query of their own. */
const evidenceOf = (
  applications: readonly ApplicationRow[],
  { application, objective }: AlertLine,
): Evidence | undefined =>
  applications.find(({ id }) => id === application)?.slos.find(({ kind }) => kind === objective)?.evidence[0];

interface AlertRowProps {
  readonly line: AlertLine;
  readonly evidence: Evidence | undefined;
}

/** One line; opened it tells the whole sentence. */
function AlertRow({ line, evidence }: AlertRowProps) {
  const { name, application, instance, severity, phase, since, message, more } = line;
  return (
    <details className="finding" data-testid="alert" data-phase={phase}>
      <summary style={{ gridTemplateColumns: COLUMNS }}>
        {severity === 'info' ? <span className="muted">Info</span> : <HealthBadge health={severity} />}
        <span>{WORDS[phase]}</span>
        <b className="ellipsis" title={name}>
          {name}
        </b>
        <span className="ellipsis" title={instance ?? application}>
          {instance ?? nameOfApplication(application)}
        </span>
        <span className="muted">{since === undefined ? '–' : clockText(since)}</span>
        <span className="ellipsis muted" title={message}>
          {message}
        </span>
      </summary>
      <div className="body">
        <div>
          <ClaimText text={message} evidence={evidence} application={application} />
          {more > 0 ? ` ${more} more of its burn rates are active.` : ''}
        </div>
        <div>
          <ApplicationLink id={application} />
        </div>
      </div>
    </details>
  );
}
