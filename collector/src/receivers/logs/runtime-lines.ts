const CRI = /^\d{4}-\d\d-\d\dT\S+ (?:stdout|stderr) ([FP])(?::\S*)? (.*)$/s;
const MAX_PARTIAL = 64 * 1024;

/**
 * Takes off what a container runtime puts around each line of output: the CRI format (`time stream F text`, P for
 * a part of a line) and Docker's json-file. Any other line is the program's own.
 */
export class RuntimeLines {
  #partial = '';

  /** The program's line; undefined while it is incomplete. */
  add(line: string): string | undefined {
    const cri = CRI.exec(line);
    if (cri) return this.#join(cri[2] ?? '', cri[1] === 'F');
    const text = dockerText(line);
    if (text === undefined) return line;
    const whole = text.endsWith('\n');
    return this.#join(whole ? text.slice(0, -1) : text, whole);
  }

  #join(text: string, whole: boolean): string | undefined {
    const joined = (this.#partial + text).slice(0, MAX_PARTIAL);
    this.#partial = whole ? '' : joined;
    return whole ? joined : undefined;
  }
}

function dockerText(line: string): string | undefined {
  if (!line.startsWith('{"log":')) return undefined;
  try {
    const entry = JSON.parse(line) as { readonly log?: unknown; readonly stream?: unknown };
    return typeof entry.log === 'string' && typeof entry.stream === 'string' ? entry.log : undefined;
  } catch {
    return undefined;
  }
}
