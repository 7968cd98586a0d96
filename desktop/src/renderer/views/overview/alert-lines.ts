import type { ApplicationId } from '@gumshoe/model/entities';
import type { Alerts } from '../../../contract/engine.ts';

type Alert = Alerts['rules'][number] | Alerts['objectives'][number];
export type AlertPhase = Alert['state']['phase'];

/** One line of the list. */
export interface AlertLine {
  readonly name: string;
  readonly application: ApplicationId;
  readonly instance?: string;
  readonly severity: Alert['rule']['severity'];
  readonly phase: AlertPhase;
  /** When it began to fire, or its condition to hold; ms. */
  readonly since?: number;
  readonly message: string;
  /** Of a burn rate. */
  readonly objective?: Alerts['objectives'][number]['kind'];
  /** Further burn rates of the same objective that are active. */
  readonly more: number;
}

const ORDER: Readonly<Record<AlertPhase, number>> = { firing: 0, pending: 1, resolving: 2, inactive: 3 };

const lineOf = (alert: Alert, name: string): AlertLine => {
  const { application, rule, state, message } = alert;
  const since = state.firedAt ?? state.activeAt ?? state.since;
  return {
    name,
    application,
    ...('instance' in alert && alert.instance !== undefined ? { instance: alert.instance } : {}),
    severity: rule.severity,
    phase: state.phase,
    ...(since === undefined ? {} : { since }),
    ...('kind' in alert ? { objective: alert.kind } : {}),
    message,
    more: 0,
  };
};

/**
 * Alerts of rules and of objectives, firing before pending before what is over. Of the burn rates of one objective the
 * furthest stands for all: they tell of the same requests.
 */
export function alertLines({ rules, objectives }: Alerts): readonly AlertLine[] {
  const byObjective = Map.groupBy(objectives, ({ application, kind }) => `${application} ${kind}`);
  const burning = [...byObjective.values()].map((alerts): AlertLine => {
    const [first] = alerts.toSorted((a, b) => ORDER[a.state.phase] - ORDER[b.state.phase]);
    return { ...lineOf(first!, `${first!.kind} burn rate`), more: alerts.length - 1 };
  });
  return [...rules.map((alert) => lineOf(alert, alert.rule.name)), ...burning].sort(
    (a, b) => ORDER[a.phase] - ORDER[b.phase],
  );
}
