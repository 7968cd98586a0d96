const CLOCK = /\d{2}:\d{2}:\d{2}/;
const MAX_BYTES = 64 * 1024;

/** Whether a line continues the message that `first` began: a stack trace, an indented block, a bare brace. */
export function continuesMessage(first: string, line: string): boolean {
  if (line === '' || line === '}' || line.startsWith('\t') || line.startsWith('  ')) return true;
  if (line.startsWith('Caused by: ') || line.startsWith('for call at')) return true;
  // a program that logs JSON with its time in milliseconds, beside a library that logs text
  if (line.startsWith('{"') && line.endsWith('}')) return false;
  return CLOCK.test(first.slice(0, 100)) && !CLOCK.test(line.slice(0, 100));
}

/** Sentences between two tracebacks of one exception (CPython, traceback.py). */
const CHAINED =
  /^(The above exception was the direct cause of the following exception:|During handling of the above exception, another exception occurred:)$/;
/** What Go's runtime prints before it lists goroutines. */
const PANIC = /^(panic: |fatal error: |SIG[A-Z]+: )/;

/** Where a block of several lines stands that do not look like one. */
type Block = 'none' | 'traceback' | 'chain' | 'panic';

/** Joins lines into messages. Pure: time is told through `flush`. */
export class MessageJoiner {
  private lines: string[] = [];
  private size = 0;
  private block: Block = 'none';

  /** The message that `line` ends, if any. */
  add(line: string): string | undefined {
    const first = this.lines[0];
    if (
      first !== undefined &&
      this.size < MAX_BYTES &&
      (this.inBlock(line) || continuesMessage(first, line))
    ) {
      this.lines.push(line.slice(0, MAX_BYTES - this.size));
      this.size += line.length + 1;
      this.advance(line);
      return undefined;
    }
    const done = this.flush();
    this.lines = [line.slice(0, MAX_BYTES)];
    this.size = line.length;
    this.advance(line);
    return done;
  }

  /** Whether the line belongs to a traceback or a panic, however it looks. */
  private inBlock(line: string): boolean {
    if (this.block === 'traceback' || CHAINED.test(line)) return true;
    if (this.block === 'chain') return line === '' || line.startsWith('Traceback ');
    return this.block === 'panic' && !CLOCK.test(line.slice(0, 100)) && !line.startsWith('{');
  }

  private advance(line: string): void {
    if (line.startsWith('Traceback ')) this.block = 'traceback';
    else if (PANIC.test(line)) this.block = 'panic';
    else if (CHAINED.test(line)) this.block = 'chain';
    // the first line of a traceback that is not indented names the exception, and ends it
    else if (this.block === 'traceback' && !/^\s/.test(line) && line !== '') this.block = 'none';
  }

  /** Ends the message; undefined when there is none. */
  flush(): string | undefined {
    if (this.lines.length === 0) return undefined;
    const message = this.lines.join('\n').trimEnd();
    this.lines = [];
    this.size = 0;
    this.block = 'none';
    return message === '' ? undefined : message;
  }
}
