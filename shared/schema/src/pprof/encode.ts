import { MessageWriter } from './message.ts';

/** What one column of values counts. */
export interface PprofValueType {
  /** `cpu`, `off_cpu`, `inuse_space` … */
  readonly type: string;
  /** `nanoseconds`, `bytes`, `count`. */
  readonly unit: string;
}

export interface PprofSample {
  /** Innermost first; each `function`, or `function file:line`. */
  readonly stack: readonly string[];
  /** One for each value type. */
  readonly values: readonly number[];
  readonly labels?: Readonly<Record<string, string>>;
}

export interface PprofProfile {
  readonly valueTypes: readonly PprofValueType[];
  readonly samples: Iterable<PprofSample>;
  /** ns since the epoch. */
  readonly timeNanos: bigint;
  readonly durationNanos: bigint;
  readonly comments?: readonly string[];
}

/** Field numbers of perftools.profiles (github.com/google/pprof, proto/profile.proto). */
const PROFILE = {
  sampleType: 1,
  sample: 2,
  location: 4,
  function: 5,
  string: 6,
  timeNanos: 9,
  durationNanos: 10,
  comment: 13,
} as const;

/** A profile as pprof reads it, not yet compressed (pprof takes both). Frames become functions and locations. */
export function encodePprof(profile: PprofProfile): Uint8Array {
  const out = new MessageWriter();
  const strings = new Table();
  strings.index('');
  const frames = new Table();
  for (const { type, unit } of profile.valueTypes)
    out.message(PROFILE.sampleType, (one) => {
      one.integer(1, strings.index(type));
      one.integer(2, strings.index(unit));
    });
  for (const { stack, values, labels } of profile.samples)
    out.message(PROFILE.sample, (one) => {
      one.integers(
        1,
        stack.map((frame) => frames.index(frame) + 1),
      );
      one.integers(2, values.map(Math.round));
      for (const [key, value] of Object.entries(labels ?? {}))
        one.message(3, (label) => {
          label.integer(1, strings.index(key));
          label.integer(2, strings.index(value));
        });
    });
  frames.entries.forEach((frame, index) => writeFrame(out, strings, index + 1, frame));
  out.integer(PROFILE.timeNanos, profile.timeNanos);
  out.integer(PROFILE.durationNanos, profile.durationNanos);
  for (const comment of profile.comments ?? []) out.integer(PROFILE.comment, strings.index(comment));
  for (const text of strings.entries) out.string(PROFILE.string, text);
  return out.bytes();
}

/** `name file:line`; templates and signatures may hold spaces themselves. */
const PLACED = /^(.+) ([^\s:]+):(\d+)$/;

function writeFrame(out: MessageWriter, strings: Table, id: number, frame: string): void {
  const [, name = frame, file = '', line = '0'] = PLACED.exec(frame) ?? [];
  out.message(PROFILE.location, (location) => {
    location.integer(1, id);
    location.message(4, (one) => {
      one.integer(1, id);
      one.integer(2, Number(line));
    });
  });
  out.message(PROFILE.function, (one) => {
    one.integer(1, id);
    one.integer(2, strings.index(name));
    one.integer(3, strings.index(name));
    one.integer(4, strings.index(file));
    one.integer(5, Number(line));
  });
}

/** Texts by the order in which they came. */
class Table {
  readonly #indexes = new Map<string, number>();

  index(text: string): number {
    let index = this.#indexes.get(text);
    if (index === undefined) this.#indexes.set(text, (index = this.#indexes.size));
    return index;
  }

  get entries(): readonly string[] {
    return [...this.#indexes.keys()];
  }
}
