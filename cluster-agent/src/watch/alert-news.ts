import type { Alerts } from '@gumshoe/engine/api';
import type { AlertNotification } from '../notify/define.ts';

/** Alerts that were told to fire and not yet to be over, by what they are about. */
export type ToldAlerts = ReadonlyMap<string, AlertNotification['alert']>;

/**
 * What to tell after a look: alerts that began to fire, and those that are over; one that is resolving is neither. Of burn
 * rates only the slow ones: the fast ones open incidents, which are told with their cause.
 */
export function alertNews(
  told: ToldAlerts,
  { rules, objectives }: Alerts,
): { readonly told: ToldAlerts; readonly notifications: readonly AlertNotification[] } {
  const seen = [
    ...rules.map(({ rule, application, instance, state, message }) => ({
      key: `${rule.name}\n${instance ?? application}`,
      phase: state.phase,
      alert: {
        rule: rule.name,
        severity: rule.severity,
        application,
        ...(instance === undefined ? {} : { instance }),
        ...(state.firedAt === undefined ? {} : { firedAt: state.firedAt }),
        summary: message,
      },
    })),
    ...objectives
      .filter(({ rule }) => rule.severity === 'warning')
      .map(({ rule, application, kind, state, message }) => ({
        key: `${kind} ${rule.id}\n${application}`,
        phase: state.phase,
        alert: {
          rule: `${kind} burn rate over ${rule.id}`,
          severity: rule.severity,
          application,
          ...(state.firedAt === undefined ? {} : { firedAt: state.firedAt }),
          summary: message,
        },
      })),
  ];
  const going = seen.filter(
    ({ key, phase }) => phase === 'firing' || (phase === 'resolving' && told.has(key)),
  );
  const next = new Map(going.map(({ key, alert }) => [key, told.get(key) ?? alert]));
  return {
    told: next,
    notifications: [
      ...going.filter(({ key }) => !told.has(key)).map(({ alert }) => notification('firing', alert)),
      ...[...told].filter(([key]) => !next.has(key)).map(([, alert]) => notification('over', alert)),
    ],
  };
}

const notification = (
  event: AlertNotification['event'],
  alert: AlertNotification['alert'],
): AlertNotification => ({ schema: 'gumshoe.notification/1', event, alert, summary: alert.summary });
