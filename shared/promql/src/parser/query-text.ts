import type { SyntaxNode } from '@lezer/common';
import type { FailureError } from '@gumshoe/base/failure';
import type { Position } from './ast.ts';
import { durationSeconds, type Timing } from './durations.ts';
import { numberOrDuration, stringValue } from './literals.ts';
import { lineAndColumn, parseError } from './parse-error.ts';

/** A query with what its syntax nodes say. What is wrong with a node is a failure at its place. */
export class QueryText {
  private readonly query: string;
  private readonly timing: Timing | undefined;

  constructor(query: string, timing: Timing | undefined) {
    this.query = query;
    this.timing = timing;
  }

  text(node: SyntaxNode): string {
    return this.query.slice(node.from, node.to);
  }

  place({ from, to }: { readonly from: number; readonly to: number }): Position {
    return { from, to, ...lineAndColumn(this.query, from) };
  }

  fail(
    node: SyntaxNode,
    reason: string,
    code: 'invalid-input' | 'not-supported' = 'invalid-input',
  ): FailureError {
    return parseError(this.query, node.from, reason, code);
  }

  unsupported(node: SyntaxNode, what: string): FailureError {
    return parseError(this.query, node.from, `${what} is not supported`, 'not-supported');
  }

  child(node: SyntaxNode, name?: string): SyntaxNode {
    const found = name === undefined ? node.firstChild : node.getChild(name);
    if (!found) throw this.fail(node, `incomplete ${node.name}`);
    return found;
  }

  last(node: SyntaxNode): SyntaxNode {
    const found = node.lastChild;
    if (!found) throw this.fail(node, `incomplete ${node.name}`);
    return found;
  }

  string(node: SyntaxNode): string {
    try {
      return stringValue(this.text(node));
    } catch (error) {
      if (error instanceof SyntaxError) throw this.fail(node, error.message);
      throw error;
    }
  }

  number(node: SyntaxNode): number {
    const text = this.text(node);
    const value = numberOrDuration(text);
    if (Number.isNaN(value) && !/^[+-]?\s*nan$/i.test(text)) throw this.fail(node, `bad number ${text}`);
    if (!Number.isFinite(value) && /\d/.test(text))
      throw this.fail(node, `error parsing number: "${text}" is out of range`);
    return value;
  }

  /** ms of a duration. */
  duration(node: SyntaxNode): number {
    const seconds = durationSeconds(node, this.query, this.timing);
    if (!Number.isFinite(seconds)) throw this.fail(node, 'duration out of range');
    return Math.trunc(seconds * 1000);
  }
}
