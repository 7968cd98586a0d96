/** One thing in a configuration file that cannot be meant as written. */
export interface Mistake {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** Where it stands: `slo.latency.overrides[1].p99`. */
  readonly path: string;
  /** What stands there, shortened. */
  readonly found: string;
  /** What is wrong with it, in one sentence. */
  readonly message: string;
  /** What may stand there. */
  readonly allowed: readonly string[];
  /** The allowed value that was probably meant. */
  readonly suggestion?: string;
}

/** What a reader of one value says of it; the place is added by whoever knows it. */
export interface Complaint {
  readonly message: string;
  readonly allowed: readonly string[];
  readonly suggestion?: string;
  /** Characters from the beginning of the value to what is wrong. */
  readonly offset?: number;
}

const MAX_ALLOWED = 12;

/** `12:7: slo.period: "30x" …; allowed: …; did you mean "30d"?` */
export function formatMistake({ line, column, path, found, message, allowed, suggestion }: Mistake): string {
  const shown = allowed.slice(0, MAX_ALLOWED).join(', ');
  const more = allowed.length > MAX_ALLOWED ? ` and ${allowed.length - MAX_ALLOWED} more` : '';
  return [
    `${line}:${column}: ${path === '' ? '' : `${path}: `}${message}${found === '' ? '' : ` (found ${found})`}`,
    ...(shown === '' ? [] : [`allowed: ${shown}${more}`]),
    ...(suggestion === undefined ? [] : [`did you mean ${JSON.stringify(suggestion)}?`]),
  ].join('; ');
}

const MAX_LENGTH = 60;

/** The candidate closest to what was written, if any is close enough to have been meant. */
export function nearest(written: string, candidates: readonly string[]): string | undefined {
  const word = written.slice(0, MAX_LENGTH).toLowerCase();
  let best: string | undefined;
  let least = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word, candidate.slice(0, MAX_LENGTH).toLowerCase());
    if (distance >= least) continue;
    least = distance;
    best = candidate;
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(replaced, previous[j]! + 1, row[j - 1]! + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j]!, before[j - 2]! + 1);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length]!;
}
