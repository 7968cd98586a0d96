import { setImmediate } from 'node:timers/promises';
import { FailureError } from '@gumshoe/base/failure';
import { ConfigError } from '../config-error.ts';
import type { MetricSink } from '../pipeline/metric-sink.ts';
import type { ProgramStatus, Receiver, ReceiverContext, ReceiverDefinition } from './define.ts';

interface Running {
  readonly definition: ReceiverDefinition;
  readonly state: 'running' | 'disabled' | 'not configured' | 'failed';
  readonly reason: string;
  readonly receiver: Receiver;
  /** Intervals whose values were lost to a failure. */
  failures: number;
  lastError: string;
  /** A collection that outlived its interval. */
  busy: Promise<void> | undefined;
}

/** ms that one receiver may hold up the interval; then its values are left for the next one. */
const PATIENCE = 5_000;
/** ms of steps until others of the event loop have their turn. */
const TURN = 5;

/** The receivers of this process: one that fails costs its own facts only. */
export class Receivers {
  readonly #context: ReceiverContext;
  readonly #running: Running[] = [];

  constructor(context: ReceiverContext) {
    this.#context = context;
  }

  /**
   * Opens what is wanted and not disabled, in order.
   * @throws ConfigError, or FailureError `invalid-input`, when the configuration asks for something that cannot be:
   * that is no failure of a receiver.
   */
  async start(definitions: readonly ReceiverDefinition[], disabled: ReadonlySet<string>): Promise<void> {
    for (const definition of definitions) this.#running.push(await this.#open(definition, disabled));
  }

  async #open(definition: ReceiverDefinition, disabled: ReadonlySet<string>): Promise<Running> {
    const { name, wanted, open } = definition;
    const { config, logger } = this.#context;
    const idle = { definition, reason: '', receiver: {}, failures: 0, lastError: '', busy: undefined };
    if (disabled.has(name)) return { ...idle, state: 'disabled' };
    if (wanted && !wanted(config)) return { ...idle, state: 'not configured' };
    try {
      const receiver = await open(this.#context);
      for (const { object, program, attached, reason } of receiver.programs?.() ?? [])
        if (!attached)
          logger.log('warn', 'eBPF program refused', {
            program: `${object}/${program}`,
            reason: firstLine(reason),
          });
      return { ...idle, state: 'running', receiver };
    } catch (error) {
      if (isMistake(error)) throw error;
      const reason = reasonOf(error);
      logger.log('error', `receiver ${name} could not start`, { reason });
      return { ...idle, state: 'failed', reason };
    }
  }

  /** `between` is called after each receiver and each turn; others of the event loop have theirs there too. */
  async collect(sink: MetricSink, now: number, between: () => void): Promise<void> {
    for (const one of this.#running) {
      await this.#collectOne(one, sink, now, between);
      between();
      await setImmediate();
    }
    for (const { receiver } of this.#running) receiver.collectSelf?.(sink);
  }

  async #collectOne(one: Running, sink: MetricSink, now: number, between: () => void): Promise<void> {
    if (one.busy) return;
    try {
      const work = one.receiver.collect?.(sink, now);
      if (work instanceof Promise) {
        one.busy = work.finally(() => (one.busy = undefined));
        await within(one.busy, PATIENCE);
      } else if (work) await inTurns(work, between);
    } catch (error) {
      one.failures++;
      const reason = reasonOf(error);
      if (reason !== one.lastError)
        this.#context.logger.log('error', `receiver ${one.definition.name} failed`, { reason });
      one.lastError = reason;
    }
  }

  programs(): readonly ProgramStatus[] {
    return this.#running.flatMap(({ receiver }) => receiver.programs?.() ?? []);
  }

  addresses(): Readonly<Record<string, string>> {
    return Object.assign({}, ...this.#running.map(({ receiver }) => receiver.addresses?.() ?? {})) as Record<
      string,
      string
    >;
  }

  /** By name: state, why, and what the receiver says of itself. */
  status(): Readonly<Record<string, unknown>> {
    return Object.fromEntries(
      this.#running.map(({ definition, state, reason, receiver, failures, lastError }) => [
        definition.name,
        {
          state,
          ...(state === 'running' ? {} : { missing: definition.gives }),
          ...(reason ? { reason } : {}),
          ...(failures > 0 ? { failures, lastError } : {}),
          ...receiver.status?.(),
        },
      ]),
    );
  }

  /** Last started, first stopped: later ones may use what earlier ones hold. */
  async stop(): Promise<void> {
    for (const { receiver, definition } of [...this.#running].reverse()) {
      try {
        await receiver.stop?.();
      } catch (error) {
        this.#context.logger.log('error', `receiver ${definition.name} could not end`, {
          reason: reasonOf(error),
        });
      }
    }
  }
}

const isMistake = (error: unknown): boolean =>
  error instanceof ConfigError || (error instanceof FailureError && error.failure.code === 'invalid-input');

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';

const reasonOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

async function inTurns(steps: Iterator<void>, between: () => void): Promise<void> {
  for (let since = performance.now(); !steps.next().done;) {
    if (performance.now() - since < TURN) continue;
    between();
    await setImmediate();
    since = performance.now();
  }
}

async function within(work: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took longer than ${ms} ms`)), ms);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined);
  }
}
