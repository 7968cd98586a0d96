import { useQuery, useSession } from '../../client/session.tsx';
import { ApplicationLink, nameOfApplication } from '../../widgets/application-name.tsx';
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
export function AlertsPanel() {
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
        <AlertRow key={`${index} ${line.application}`} line={line} />
      ))}
      {lines.length > SHOWN ? <div className="chart-box muted">and {lines.length - SHOWN} more</div> : null}
    </Panel>
  );
}

/** One line; opened it tells the whole sentence. */
function AlertRow({ line }: { readonly line: AlertLine }) {
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
        <span className="ellipsis muted">{message}</span>
      </summary>
      <div className="body">
        <div>
          {message}
          {more > 0 ? ` ${more} more of its burn rates are active.` : ''}
        </div>
        <div>
          <ApplicationLink id={application} />
        </div>
      </div>
    </details>
  );
}
