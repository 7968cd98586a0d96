import { EMPTY_BOOK } from '@gumshoe/analysis/incidents/book';
import type { Logger } from '@gumshoe/base/logger';
import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import type { EngineApi, IncidentNews } from '@gumshoe/engine/api';
import { notificationOf, type IncidentNotification, type Notification } from '../notify/define.ts';
import type { Outbox } from '../notify/outbox.ts';
import { alertNews, type ToldAlerts } from './alert-news.ts';

export interface WatchState {
  /** ms since the epoch; 0 before the first look */
  readonly lastLook: number;
  readonly lastError: string;
  readonly open: readonly string[];
  /** ms the last look took */
  readonly duration: number;
}

export interface WatchOptions {
  /** ms that are looked at */
  readonly window: number;
  /** ms that all must have been good before an incident is told to be over */
  readonly resolveAfter: number;
}

type IncidentEvent = IncidentNews['events'][number];

/** What people are told of; that an incident hits more, or was two, shows in what is told at its end. */
const TOLD: Partial<Record<IncidentEvent['kind'], IncidentNotification['event']>> = {
  opened: 'opened',
  reopened: 'opened',
  resolved: 'resolved',
};

/** Runs the same analysis as the workbench on a timer and tells the outbox of incidents and alerts that begin and end. */
export class Watch {
  private readonly engine: EngineApi;
  private readonly outbox: Outbox;
  private readonly logger: Logger;
  private readonly options: WatchOptions;
  private book = EMPTY_BOOK;
  private alerts: ToldAlerts = new Map();
  private state: WatchState = { lastLook: 0, lastError: '', open: [], duration: 0 };
  private busy = false;

  constructor(engine: EngineApi, outbox: Outbox, logger: Logger, options: WatchOptions) {
    this.engine = engine;
    this.outbox = outbox;
    this.logger = logger;
    this.options = options;
  }

  status(): WatchState {
    return this.state;
  }

  /** Never throws; a look that is still running is not started again. */
  async look(now: number): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    const before = performance.now();
    try {
      const range = { from: milliseconds(now - this.options.window), to: milliseconds(now) };
      const news = await this.engine.followIncidents(this.book, range, this.options.resolveAfter);
      // All or nothing: a look that fails half way leaves the book as it was, and the next one tells it.
      const notifications: Notification[] = [];
      for (const event of news.events) notifications.push(...(await this.tell(event, range)));
      const alerts = alertNews(this.alerts, await this.engine.alerts(range));
      notifications.push(...alerts.notifications);
      for (const notification of notifications) this.outbox.post(notification, now);
      this.book = news.book;
      this.alerts = alerts.told;
      for (const { event, summary } of alerts.notifications)
        this.logger.log('info', `alert ${event}`, { summary });
      const open = news.open
        .flatMap(({ impacts }) => impacts)
        .map(({ application, slo }) => `${application} ${slo}`);
      this.state = { ...this.state, lastError: '', open };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== this.state.lastError) this.logger.log('warn', 'the watch could not look', { reason });
      this.state = { ...this.state, lastError: reason };
    } finally {
      this.busy = false;
      this.state = { ...this.state, lastLook: now, duration: performance.now() - before };
    }
  }

  private async tell({ kind, incident }: IncidentEvent, range: TimeRange): Promise<readonly Notification[]> {
    const event = TOLD[kind];
    if (event === undefined) return [];
    const report = await this.engine.investigate(range, incident.application);
    const { application, slo } = incident;
    this.logger.log('info', `incident ${event}`, { application, slo, summary: report.summary });
    return [notificationOf(event, incident, report)];
  }
}
