import { toFailure, type Failure } from '@gumshoe/base/failure';

/** What a view knows of one question. `value` may be of an earlier window while `loading`. */
export interface Query<T> {
  readonly loading: boolean;
  readonly value?: T;
  readonly failure?: Failure;
}

export interface Question<T> {
  /** Equal text, equal answer. */
  readonly key: string;
  /** The same question for another window: its last answer stays on screen while the next one loads. */
  readonly family: string;
  readonly ask: (signal: AbortSignal) => Promise<T>;
}

interface Entry {
  state: Query<unknown>;
  readonly listeners: Set<() => void>;
  controller: AbortController | undefined;
  lastUsed: number;
}

/** Answers kept without anybody looking at them. */
const KEPT = 40;
const KEPT_FAMILIES = 200;

/** Server data: asked once per key, shared by all who look, cancelled when nobody looks any more. */
export class QueryStore {
  private readonly entries = new Map<string, Entry>();
  private readonly latest = new Map<string, unknown>();
  private readonly activity = new Set<() => void>();
  private uses = 0;
  private running = 0;

  get inFlight(): number {
    return this.running;
  }

  onActivity(listener: () => void): () => void {
    this.activity.add(listener);
    return () => this.activity.delete(listener);
  }

  read<T>(question: Question<T>): Query<T> {
    return this.entry(question).state as Query<T>;
  }

  /** Last answer of a family, whatever its window. */
  peek(family: string): unknown {
    return this.latest.get(family);
  }

  observe<T>(question: Question<T>, listener: () => void): () => void {
    const entry = this.entry(question);
    entry.listeners.add(listener);
    entry.lastUsed = ++this.uses;
    if (!entry.controller && entry.state.loading) this.ask(question, entry);
    return () => {
      entry.listeners.delete(listener);
      // React may leave and come back in one go; only a question nobody asks any more is cancelled.
      queueMicrotask(() => this.leave(question.key, entry));
    };
  }

  /** Asks again, whatever is known. */
  retry<T>(question: Question<T>): void {
    const entry = this.entry(question);
    entry.controller?.abort();
    this.ask(question, entry);
  }

  /** Forgets everything: another source answers from now on. */
  clear(): void {
    for (const entry of this.entries.values()) entry.controller?.abort();
    this.entries.clear();
    this.latest.clear();
  }

  private entry<T>(question: Question<T>): Entry {
    const known = this.entries.get(question.key);
    if (known) return known;
    const earlier = this.latest.get(question.family);
    const state: Query<unknown> =
      earlier === undefined ? { loading: true } : { loading: true, value: earlier };
    const entry: Entry = { state, listeners: new Set(), controller: undefined, lastUsed: ++this.uses };
    this.entries.set(question.key, entry);
    return entry;
  }

  private ask<T>(question: Question<T>, entry: Entry): void {
    const controller = new AbortController();
    entry.controller = controller;
    this.count(1);
    if (!entry.state.loading) this.update(entry, { ...entry.state, loading: true });
    question
      .ask(controller.signal)
      .then(
        (value) => {
          if (controller.signal.aborted) return;
          this.remember(question.family, value);
          this.update(entry, { loading: false, value });
        },
        (thrown: unknown) => {
          if (controller.signal.aborted) return;
          const failure = toFailure(thrown, 'ask the engine', question.family);
          const { value } = entry.state;
          this.update(entry, { loading: false, failure, ...(value === undefined ? {} : { value }) });
        },
      )
      .finally(() => {
        if (entry.controller === controller) entry.controller = undefined;
        this.count(-1);
        this.evict();
      });
  }

  private leave(key: string, entry: Entry): void {
    if (entry.listeners.size > 0 || !entry.controller) return;
    entry.controller.abort();
    if (this.entries.get(key) === entry) this.entries.delete(key);
  }

  private remember(family: string, value: unknown): void {
    this.latest.delete(family);
    this.latest.set(family, value);
    if (this.latest.size > KEPT_FAMILIES) this.latest.delete(this.latest.keys().next().value!);
  }

  private update(entry: Entry, state: Query<unknown>): void {
    entry.state = state;
    for (const listener of entry.listeners) listener();
  }

  private count(change: 1 | -1): void {
    this.running += change;
    for (const listener of this.activity) listener();
  }

  private evict(): void {
    const idle = [...this.entries].filter(([, entry]) => entry.listeners.size === 0 && !entry.controller);
    idle.sort(([, a], [, b]) => a.lastUsed - b.lastUsed);
    for (const [key] of idle.slice(0, Math.max(0, idle.length - KEPT))) this.entries.delete(key);
  }
}
