/** What became of one file. */
export interface FileSummary {
  /** As it was given, or below the folder that was; `-` is standard input. */
  readonly path: string;
  /** What it was taken for. */
  readonly format: string;
  readonly samples: number;
  readonly spans: number;
  readonly logs: number;
  readonly events: number;
  readonly profiles: number;
  readonly leftOut: readonly { readonly reason: string; readonly count: number }[];
  /** Where the first thing that was left out stands. */
  readonly firstLeftOut?: { readonly line?: number; readonly reason: string };
}

/** Counts what was not taken over, by its reason, and remembers the first. */
export class FileReport {
  readonly path: string;
  format = 'unknown';
  /** Counted from 1; undefined where there are no lines. */
  line: number | undefined;
  readonly #reasons = new Map<string, number>();
  #first: FileSummary['firstLeftOut'];

  constructor(path: string) {
    this.path = path;
  }

  leaveOut(reason: string, count = 1): void {
    if (count === 0) return;
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + count);
    this.#first ??= { reason, ...(this.line === undefined ? {} : { line: this.line }) };
  }

  get leftOut(): FileSummary['leftOut'] {
    return [...this.#reasons]
      .map(([reason, count]) => ({ reason, count }))
      .sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
  }

  get first(): FileSummary['firstLeftOut'] {
    return this.#first;
  }
}

/** One sentence for a file of which something was left out; undefined when nothing was. */
export function problemOf({ path, format, leftOut, firstLeftOut }: FileSummary): string | undefined {
  const count = leftOut.reduce((sum, one) => sum + one.count, 0);
  if (count === 0 || !firstLeftOut) return undefined;
  const name = path === '-' ? 'standard input' : path.slice(path.lastIndexOf('/') + 1);
  if (format === 'unknown') return `${name} was left out: ${firstLeftOut.reason}`;
  const lines = format === 'Prometheus text';
  const what = lines ? 'lines are no samples with a timestamp' : 'records could not be read';
  const { line, reason } = firstLeftOut;
  const place =
    line === undefined ? '' : lines ? `, the first is line ${line}` : `, the first on line ${line}`;
  return `${name}: ${count} ${what}${place}: ${reason}`;
}
