import { isAlias, isMap, isScalar, isSeq, type Document, type LineCounter, type Node } from 'yaml';
import type { Result } from '@gumshoe/base/result';
import { nearest, type Complaint, type Mistake } from './mistake.ts';

/** Where a document stands in its file: a document within a block scalar begins further down and to the right. */
export interface Origin {
  readonly lines: LineCounter;
  readonly lineOffset: number;
  readonly columnOffset: number;
}

/** A document that leans on aliases of aliases is no configuration. */
const MAX_ALIASES = 8;

function resolve(document: Document, node: unknown): Node | undefined {
  let at = node;
  for (let i = 0; i < MAX_ALIASES && isAlias(at); i++) at = at.resolve(document);
  return isMap(at) || isSeq(at) || isScalar(at) ? at : undefined;
}

const MAX_FOUND = 60;
const MAX_MISTAKES = 100;

/** Walks a YAML document; every complaint becomes a mistake with its place, and reading goes on. */
export class Cursor {
  readonly path: string;
  readonly #node: Node | undefined;
  readonly #place: Node | undefined;
  readonly #document: Document;
  readonly #origin: Origin;
  readonly #mistakes: Mistake[];

  constructor(
    document: Document,
    origin: Origin,
    mistakes: Mistake[],
    node: unknown = document.contents,
    path = '',
    place?: Node,
  ) {
    this.#document = document;
    this.#origin = origin;
    this.#mistakes = mistakes;
    this.#node = resolve(document, node);
    // An absent value still needs a place to complain at: that of what should hold it.
    this.#place = this.#node ?? place;
    this.path = path;
  }

  get isEmpty(): boolean {
    return this.#node === undefined || (isScalar(this.#node) && this.#node.value === null);
  }

  get isScalar(): boolean {
    return isScalar(this.#node) && this.#node.value !== null;
  }

  /** The text of a scalar as it was written; undefined for all else. */
  get text(): string | undefined {
    if (!isScalar(this.#node) || this.#node.value === null) return undefined;
    const { source, value } = this.#node;
    return typeof value === 'string' ? value : (source ?? String(value));
  }

  complain(complaint: Complaint): undefined {
    if (this.#mistakes.length >= MAX_MISTAKES) return undefined;
    const { line, column } = this.position(complaint.offset);
    const { message, allowed, suggestion } = complaint;
    const found = this.#found();
    this.#mistakes.push({
      line,
      column,
      path: this.path,
      found,
      message,
      allowed,
      ...(suggestion === undefined ? {} : { suggestion }),
    });
    return undefined;
  }

  /** From 1; `offset` characters into the value where it is given. */
  position(offset?: number): { readonly line: number; readonly column: number } {
    const start = this.#place?.range?.[0] ?? 0;
    const quoted = isScalar(this.#node) && (this.#node.type ?? '').startsWith('QUOTE') ? 1 : 0;
    const { line, col } = this.#origin.lines.linePos(start);
    const skip = offset === undefined ? 0 : offset + quoted;
    return { line: line + this.#origin.lineOffset, column: col + this.#origin.columnOffset + skip };
  }

  /** The value of a key; empty when there is none. */
  get(key: string): Cursor {
    const value = isMap(this.#node) ? this.#node.get(key, true) : undefined;
    return this.#at(value, this.path === '' ? key : `${this.path}.${key}`);
  }

  /** Entries of a mapping whose keys must be among `allowed` or of a form; anything else is complained of. */
  entries(allowed: readonly string[], form?: RegExp): readonly (readonly [key: string, value: Cursor])[] {
    if (this.isEmpty) return [];
    if (!isMap(this.#node)) {
      this.complain({ message: 'a mapping is needed here', allowed: allowed.map((key) => `${key}:`) });
      return [];
    }
    return this.#node.items.flatMap((pair) => {
      const key = String(isScalar(pair.key) ? pair.key.value : '');
      const path = this.path === '' ? key : `${this.path}.${key}`;
      if (allowed.includes(key) || form?.test(key)) return [[key, this.#at(pair.value, path)] as const];
      const suggestion = nearest(key, allowed);
      this.#at(pair.key, path).complain({
        message: `there is no setting ${JSON.stringify(key.slice(0, MAX_FOUND))}`,
        allowed,
        ...(suggestion === undefined ? {} : { suggestion }),
      });
      return [];
    });
  }

  items(): readonly Cursor[] {
    if (this.isEmpty) return [];
    if (isSeq(this.#node)) return this.#node.items.map((item, i) => this.#at(item, `${this.path}[${i}]`));
    this.complain({ message: 'a list is needed here', allowed: ['- …'] });
    return [];
  }

  /** The scalar read by `read`, whose complaint gets this place; undefined when it is missing or wrong. */
  read<T>(read: (text: string) => Result<T, Complaint>): T | undefined {
    if (this.isEmpty) return undefined;
    const { text } = this;
    if (text === undefined) return this.complain({ message: 'a single value is needed here', allowed: [] });
    const result = read(text);
    return result.ok ? result.value : this.complain(result.error);
  }

  #at(node: unknown, path: string): Cursor {
    return new Cursor(this.#document, this.#origin, this.#mistakes, node ?? null, path, this.#place);
  }

  #found(): string {
    const { text } = this;
    if (text !== undefined)
      return JSON.stringify(text.length > MAX_FOUND ? `${text.slice(0, MAX_FOUND)}…` : text);
    return isMap(this.#node) ? 'a mapping' : isSeq(this.#node) ? 'a list' : '';
  }
}
