const CRI = /^(\d{4}-\d\d-\d\dT\S+) (?:stdout|stderr) ([FP])(?::\S*)? (.*)$/s;
const MAX_PARTIAL = 64 * 1024;

/** A line of a program, and when the runtime took it, ms since the epoch; undefined when nobody says. */
export interface ProgramLine {
  readonly text: string;
  readonly at: number | undefined;
}

/**
 * Takes off what a container runtime puts around each line of output: the CRI format (`time stream F text`, P for
 * a part of a line) and Docker's json-file. Any other line is the program's own.
 */
export class RuntimeLines {
  #partial = '';

  /** The program's line; undefined while it is incomplete. */
  add(line: string): ProgramLine | undefined {
    const cri = CRI.exec(line);
    if (cri) return this.#join(cri[3] ?? '', cri[2] === 'F', cri[1]);
    const entry = dockerEntry(line);
    if (entry === undefined) return { text: line, at: undefined };
    const whole = entry.log.endsWith('\n');
    return this.#join(whole ? entry.log.slice(0, -1) : entry.log, whole, entry.time);
  }

  #join(text: string, whole: boolean, time: string | undefined): ProgramLine | undefined {
    const joined = (this.#partial + text).slice(0, MAX_PARTIAL);
    this.#partial = whole ? '' : joined;
    if (!whole) return undefined;
    const at = time === undefined ? NaN : Date.parse(time);
    return { text: joined, at: Number.isNaN(at) ? undefined : at };
  }
}

interface DockerEntry {
  readonly log: string;
  readonly time: string | undefined;
}

function dockerEntry(line: string): DockerEntry | undefined {
  if (!line.startsWith('{"log":')) return undefined;
  try {
    const { log, stream, time } = JSON.parse(line) as Readonly<Record<string, unknown>>;
    if (typeof log !== 'string' || typeof stream !== 'string') return undefined;
    return { log, time: typeof time === 'string' ? time : undefined };
  } catch {
    return undefined;
  }
}
