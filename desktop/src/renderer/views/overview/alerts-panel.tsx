import { useQuery, useSession } from '../../client/session.tsx';
import type { Alerts } from '../../../contract/engine.ts';
import { ApplicationLink } from '../../widgets/application-name.tsx';
import { HealthBadge } from '../../widgets/health-badge.tsx';
import { Panel } from '../../widgets/panel.tsx';
import { clockText } from '../../widgets/time-text.ts';

const COLUMNS = '92px 84px minmax(110px, 190px) minmax(90px, 150px) 76px minmax(0, 1fr)';
const SHOWN = 50;

type Alert = Alerts['rules'][number] | Alerts['objectives'][number];

const nameOf = (alert: Alert): string =>
  'name' in alert.rule ? alert.rule.name : `burn rate, ${'kind' in alert ? alert.kind : ''}`;

/** Firing before pending before what is over. */
const PHASES: Readonly<Record<Alert['state']['phase'], { readonly word: string; readonly order: number }>> = {
  firing: { word: 'firing', order: 0 },
  pending: { word: 'pending', order: 1 },
  resolving: { word: 'resolving', order: 2 },
  inactive: { word: 'over', order: 3 },
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
  const alerts: readonly Alert[] = [...(value?.rules ?? []), ...(value?.objectives ?? [])].sort(
    (a, b) => PHASES[a.state.phase].order - PHASES[b.state.phase].order,
  );
  if (alerts.length === 0) return null;
  const firing = alerts.filter(({ state }) => state.phase === 'firing').length;
  return (
    <Panel
      title="Alerts"
      note={`${alerts.length} active in the window, ${firing} firing at its end`}
      testId="alerts"
      flush
    >
      {alerts.slice(0, SHOWN).map((alert, index) => (
        <AlertRow key={`${index} ${alert.application}`} alert={alert} />
      ))}
      {alerts.length > SHOWN ? <div className="chart-box muted">and {alerts.length - SHOWN} more</div> : null}
    </Panel>
  );
}

function AlertRow({ alert }: { readonly alert: Alert }) {
  const { application, message, rule, state } = alert;
  const { word } = PHASES[state.phase];
  const since = state.firedAt ?? state.activeAt ?? state.since;
  return (
    <div
      className="table-row"
      style={{ gridTemplateColumns: COLUMNS, height: 30, cursor: 'default' }}
      data-testid="alert"
      data-phase={state.phase}
    >
      {rule.severity === 'info' ? (
        <span className="muted">Info</span>
      ) : (
        <HealthBadge health={rule.severity} />
      )}
      <span>{word}</span>
      <b className="ellipsis" title={nameOf(alert)}>
        {nameOf(alert)}
      </b>
      <span className="ellipsis">
        <ApplicationLink id={application} />
      </span>
      <span className="muted">{since === undefined ? '–' : clockText(since)}</span>
      <span className="ellipsis muted" title={message}>
        {message}
      </span>
    </div>
  );
}
