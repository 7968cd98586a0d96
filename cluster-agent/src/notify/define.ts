import type { Milliseconds } from '@gumshoe/base/time';
import type { Incident, Report } from '@gumshoe/engine/api';
import type { ApplicationId, InstanceId } from '@gumshoe/model/entities';

/** What a channel is told. */
export type Notification = IncidentNotification | AlertNotification;

/** An alert of the configuration, or a slow burn of an error budget, began to fire or is over. */
export interface AlertNotification {
  readonly schema: 'gumshoe.notification/1';
  readonly event: 'firing' | 'over';
  readonly alert: {
    readonly rule: string;
    readonly severity: 'info' | 'warning' | 'critical';
    readonly application: ApplicationId;
    readonly instance?: InstanceId;
    readonly firedAt?: Milliseconds;
    /** One sentence with the figures of when it began to fire. */
    readonly summary: string;
  };
  readonly summary: string;
}

/** An incident opened or closed, with the analysis of that moment. */
export interface IncidentNotification {
  readonly schema: 'gumshoe.notification/1';
  readonly event: 'opened' | 'resolved';
  readonly incident: Incident;
  readonly summary: string;
  readonly causes: readonly {
    readonly rank: number;
    readonly application: string;
    readonly kind: string;
    readonly title: string;
    readonly score: number;
    readonly evidence: readonly string[];
    readonly remediation: string;
  }[];
}

export function notificationOf(
  event: IncidentNotification['event'],
  incident: Incident,
  report: Report,
): IncidentNotification {
  return {
    schema: 'gumshoe.notification/1',
    event,
    incident,
    summary:
      event === 'opened' ? report.summary : `${incident.name}: ${incident.slo} is back within its objective.`,
    causes: report.causes.slice(0, 3).map((cause) => ({
      rank: cause.rank,
      application: cause.application,
      kind: cause.kind,
      title: cause.title,
      score: cause.score,
      evidence: cause.evidence.map((item) => item.summary),
      remediation: cause.remediation,
    })),
  };
}

/** One way to tell people. `send` throws when the message was not taken. */
export interface Channel {
  readonly name: string;
  send(notification: Notification): Promise<void>;
}
