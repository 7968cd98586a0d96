import type { Logger } from '@gumshoe/base/logger';
import { milliseconds } from '@gumshoe/base/time';
import type { SampleBuffer } from '../export/samples.ts';
import type { ProbeDefinition, ProbeSession, ProbeTarget } from './define.ts';

const FIRST_BACK_OFF = 15_000;
/** An old session would show the certificate of its time, ms. */
const LONGEST_TLS_SESSION = 6 * 3_600_000;
const LONGEST_BACK_OFF = 10 * 60_000;

export interface ProbeState {
  readonly type: string;
  readonly address: string;
  readonly up: boolean;
  /** The driver's own words; '' when the last round worked. */
  readonly error: string;
  /** ms since the epoch */
  readonly lastRound: number;
  readonly nextTry: number;
}

/** Probes one target once per call; keeps its session, reports failures as samples, backs off on refused logins. */
export class ProbeRunner {
  private readonly definition: ProbeDefinition;
  private readonly target: ProbeTarget;
  private readonly logger: Logger;
  private session: ProbeSession | undefined;
  private openedAt = 0;
  private backOff = 0;
  private busy = false;
  private state: ProbeState;

  constructor(definition: ProbeDefinition, target: ProbeTarget, logger: Logger) {
    this.definition = definition;
    this.target = target;
    this.logger = logger;
    this.state = {
      type: target.type,
      address: target.address,
      up: false,
      error: 'not probed yet',
      lastRound: 0,
      nextTry: 0,
    };
  }

  status(): ProbeState {
    return this.state;
  }

  /** Never throws. A round that is still running is not started again. `timeout` in ms. */
  async round(now: number, timeout: number, samples: SampleBuffer): Promise<void> {
    if (this.busy) return;
    const labels = { address: this.target.address };
    if (now < this.state.nextTry) {
      samples.add(this.definition.up, 0, labels, now);
      return;
    }
    this.busy = true;
    try {
      if (this.target.tls !== 'disable' && now - this.openedAt > LONGEST_TLS_SESSION) await this.close();
      if (this.session === undefined) this.openedAt = now;
      this.session ??= await within(this.definition.open(this.target, timeout), timeout, 'connect');
      const emit = (
        metric: Parameters<SampleBuffer['add']>[0],
        value: number,
        more: Readonly<Record<string, string>> = {},
      ) => samples.add(metric, value, { ...labels, ...more }, now);
      await within(this.session.collect({ now: milliseconds(now), timeout, emit }), 3 * timeout, 'collect');
      samples.add(this.definition.up, 1, labels, now);
      this.backOff = 0;
      this.state = { ...this.state, up: true, error: '', lastRound: now, nextTry: 0 };
    } catch (error) {
      await this.failed(error, now, samples);
    } finally {
      this.busy = false;
    }
  }

  private async failed(error: unknown, now: number, samples: SampleBuffer): Promise<void> {
    const reason = error instanceof Error ? error.message : String(error);
    const refused = this.definition.isCredentialError(error);
    this.backOff = refused ? Math.min(LONGEST_BACK_OFF, Math.max(FIRST_BACK_OFF, this.backOff * 2)) : 0;
    const { metric, label } = this.definition.error;
    samples.add(this.definition.up, 0, { address: this.target.address }, now);
    samples.add(
      metric,
      1,
      {
        address: this.target.address,
        [label]: reason.slice(0, 200),
        ...(label === 'error' ? { warning: '' } : {}),
      },
      now,
    );
    if (this.state.error !== reason)
      this.logger.log('warn', 'probe failed', {
        type: this.target.type,
        address: this.target.address,
        reason,
        retryInMs: this.backOff || undefined,
      });
    this.state = { ...this.state, up: false, error: reason, lastRound: now, nextTry: now + this.backOff };
    await this.close();
  }

  async close(): Promise<void> {
    const session = this.session;
    this.session = undefined;
    await session?.close().catch(() => {});
  }
}

/** A driver that ignores its own limits must not stop the rounds. */
async function within<T>(work: Promise<T>, limit: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: no answer within ${limit} ms`)), limit);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
