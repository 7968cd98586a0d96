import type { Logger } from '@gumshoe/base/logger';
import { milliseconds } from '@gumshoe/base/time';
import type { EngineApi } from '@gumshoe/engine/api';
import { notificationOf } from '../notify/define.ts';
import type { Outbox } from '../notify/outbox.ts';
import { IncidentLedger, type Transition } from './transitions.ts';

export interface WatchState {
  /** ms since the epoch; 0 before the first look */
  readonly lastLook: number;
  readonly lastError: string;
  readonly open: readonly string[];
  /** ms the last look took */
  readonly duration: number;
}

/** Runs the same analysis as the workbench on a timer and tells the outbox what opened and what closed. */
export class Watch {
  private readonly engine: EngineApi;
  private readonly outbox: Outbox;
  private readonly logger: Logger;
  private readonly window: number;
  private readonly ledger = new IncidentLedger();
  private state: WatchState = { lastLook: 0, lastError: '', open: [], duration: 0 };
  private busy = false;

  /** `window` in ms. */
  constructor(engine: EngineApi, outbox: Outbox, logger: Logger, window: number) {
    this.engine = engine;
    this.outbox = outbox;
    this.logger = logger;
    this.window = window;
  }

  status(): WatchState {
    return this.state;
  }

  /** Never throws; a look that is still running is not started again. */
  async look(now: number): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    const before = performance.now();
    const pending: Transition[] = [];
    try {
      const range = { from: milliseconds(now - this.window), to: milliseconds(now) };
      const { incidents } = await this.engine.overview(range);
      const untold = this.ledger.look(incidents);
      pending.push(...untold);
      for (const { event, incident } of untold) {
        const report = await this.engine.investigate(range, incident.application);
        this.logger.log('info', `incident ${event}`, {
          application: incident.application,
          slo: incident.slo,
          summary: report.summary,
        });
        this.outbox.post(notificationOf(event, incident, report), now);
        pending.shift();
      }
      this.state = { ...this.state, lastError: '' };
    } catch (error) {
      for (const transition of pending) this.ledger.untell(transition);
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== this.state.lastError) this.logger.log('warn', 'the watch could not look', { reason });
      this.state = { ...this.state, lastError: reason };
    } finally {
      this.busy = false;
      const open = this.ledger.incidents().map((incident) => `${incident.application} ${incident.slo}`);
      this.state = { ...this.state, lastLook: now, open, duration: performance.now() - before };
    }
  }
}
