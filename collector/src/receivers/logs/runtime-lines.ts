const CRI = /^(\d{4}-\d\d-\d\dT\S+) (stdout|stderr) ([FP])(?::\S*)? (.*)$/s;

/** A piece of a program's output as a line of a file holds it. */
export interface ProgramLine {
  readonly text: string;
  /** `stdout`, `stderr`; '' where nobody tells them apart. */
  readonly stream: string;
  /** Whether the program's line ends here. */
  readonly whole: boolean;
  /** When the runtime took it, ms since the epoch; undefined when nobody says. */
  readonly at: number | undefined;
}

/**
 * Takes off what a container runtime puts around each line of output: the CRI format (`time stream F text`, P for
 * a part of a line) and Docker's json-file. Any other line is the program's own.
 */
export function programLine(line: string): ProgramLine {
  const [, time, stream = '', tag, text = ''] = CRI.exec(line) ?? [];
  if (stream !== '') return { text, stream, whole: tag === 'F', at: timeOf(time) };
  return dockerEntry(line) ?? { text: line, stream: '', whole: true, at: undefined };
}

function dockerEntry(line: string): ProgramLine | undefined {
  if (!line.startsWith('{"log":')) return undefined;
  try {
    const { log, stream, time } = JSON.parse(line) as Readonly<Record<string, unknown>>;
    if (typeof log !== 'string' || typeof stream !== 'string') return undefined;
    const whole = log.endsWith('\n');
    return { text: whole ? log.slice(0, -1) : log, stream, whole, at: timeOf(time) };
  } catch {
    return undefined;
  }
}

function timeOf(time: unknown): number | undefined {
  const at = typeof time === 'string' ? Date.parse(time) : NaN;
  return Number.isNaN(at) ? undefined : at;
}
