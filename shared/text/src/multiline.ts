const CLOCK = /\d{2}:\d{2}:\d{2}/;
const MAX_BYTES = 64 * 1024;

/** Whether a line continues the message that `first` began: a stack trace, an indented block, a bare brace. */
export function continuesMessage(first: string, line: string): boolean {
  if (line === '' || line === '}' || line.startsWith('\t') || line.startsWith('  ')) return true;
  if (line.startsWith('Caused by: ') || line.startsWith('Traceback ') || line.startsWith('for call at'))
    return true;
  return CLOCK.test(first.slice(0, 100)) && !CLOCK.test(line.slice(0, 100));
}

/** Joins lines into messages. Pure: time is told through `flush`. */
export class MessageJoiner {
  private lines: string[] = [];
  private size = 0;

  /** The message that `line` ends, if any. */
  add(line: string): string | undefined {
    const first = this.lines[0];
    if (first !== undefined && this.size < MAX_BYTES && continuesMessage(first, line)) {
      this.lines.push(line.slice(0, MAX_BYTES - this.size));
      this.size += line.length + 1;
      return undefined;
    }
    const done = this.flush();
    this.lines = [line.slice(0, MAX_BYTES)];
    this.size = line.length;
    return done;
  }

  /** Ends the message; undefined when there is none. */
  flush(): string | undefined {
    if (this.lines.length === 0) return undefined;
    const message = this.lines.join('\n').trimEnd();
    this.lines = [];
    this.size = 0;
    return message === '' ? undefined : message;
  }
}
