import { MessageJoiner } from '@gumshoe/text/multiline';
import type { ProgramLine } from './runtime-lines.ts';

const MAX_PARTIAL = 64 * 1024;
/** ms without a line: the message is over; a line is, when its end does not come. */
const MESSAGE_ENDS_AFTER = 1000;
const LINE_ENDS_AFTER = 5000;

/** A message of one stream, `at` in ms when the runtime says when it began. */
export interface StreamMessage {
  readonly text: string;
  readonly at: number | undefined;
}

/** Joins what one stream of a program's output brings: parts into lines, lines into messages. */
export class LogStream {
  readonly #joiner = new MessageJoiner();
  #partial = '';
  #began: number | undefined;
  #lastLine = 0;
  /** Where in the file the oldest line begins that is held, of the message and of the part of a line. */
  #message: number | undefined;
  #part: number | undefined;

  /** Offset in the file before which everything was handed over; undefined when nothing is held. */
  get from(): number | undefined {
    return this.#message ?? this.#part;
  }

  /** The message that this piece ends, if any. `offset`: where its line begins in the file; `now` in ms. */
  add(piece: ProgramLine, offset: number, now: number): StreamMessage | undefined {
    this.#lastLine = now;
    this.#part ??= offset;
    this.#partial = this.#partial === '' ? piece.text : (this.#partial + piece.text).slice(0, MAX_PARTIAL);
    return piece.whole ? this.#line(piece.at) : undefined;
  }

  #line(at: number | undefined): StreamMessage | undefined {
    const text = this.#joiner.add(this.#partial.endsWith('\r') ? this.#partial.slice(0, -1) : this.#partial);
    const done = text === undefined ? undefined : this.#end(text);
    this.#message ??= this.#part;
    this.#began ??= at;
    this.#partial = '';
    this.#part = undefined;
    return done;
  }

  #end(text: string): StreamMessage {
    const message = { text, at: this.#began };
    this.#began = undefined;
    this.#message = undefined;
    return message;
  }

  /** The messages that nothing was added to for long enough. */
  quiet(now: number): readonly StreamMessage[] {
    const since = now - this.#lastLine;
    if (since >= LINE_ENDS_AFTER) return this.flush();
    return since >= MESSAGE_ENDS_AFTER ? this.#flushMessage() : [];
  }

  /** All that is held, a line without its end included. */
  flush(): readonly StreamMessage[] {
    const before = this.#part === undefined ? undefined : this.#line(undefined);
    return [...(before ? [before] : []), ...this.#flushMessage()];
  }

  #flushMessage(): readonly StreamMessage[] {
    const text = this.#joiner.flush();
    const message = this.#end(text ?? '');
    return text === undefined ? [] : [message];
  }
}
