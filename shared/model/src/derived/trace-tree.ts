import { SPAN_ATTRIBUTES } from '@gumshoe/schema/attributes';
import { compareSpans, type TreeSpan } from './span.ts';

export interface PlacedSpan<S extends TreeSpan> {
  readonly span: S;
  readonly depth: number;
  /** ms after the trace's start */
  readonly offset: number;
  /** ms of the span's own time that no child covers. */
  readonly selfTime: number;
  /** The parent was concluded from the order of events, not seen. */
  readonly inferred: boolean;
  readonly criticalPath: boolean;
}

export interface SpanTree<S extends TreeSpan> {
  readonly traceId: string;
  readonly spans: readonly PlacedSpan<S>[];
  readonly orphans: number;
}

/** The link a collector can only conclude: wire and thread leave no doubt (decision 0001). */
const INFERRED_LINK = 'order';

/** Below this many ms two instants are the same: clocks of two nodes differ by more. */
const SLACK = 0.001;

/**
 * Spans of one trace as a tree, depth first. Spans with a missing parent stand beside the first root and
 * count as orphans; cycles and duplicates in the input are cut.
 */
export function traceTree<S extends TreeSpan>(spans: readonly S[]): SpanTree<S> {
  const byId = new Map<string, S>();
  for (const span of [...spans].sort(compareSpans)) if (!byId.has(span.spanId)) byId.set(span.spanId, span);
  const children = new Map<string, S[]>();
  const roots: S[] = [];
  for (const span of byId.values()) {
    if (span.parentSpanId === '' || !byId.has(span.parentSpanId) || inCycle(span, byId)) roots.push(span);
    else append(children, span.parentSpanId, span);
  }
  roots.sort((a, b) => Number(a.parentSpanId !== '') - Number(b.parentSpanId !== '') || compareSpans(a, b));
  const begin = Math.min(...[...byId.values()].map((span) => span.start));
  const critical = new Set<string>();
  if (roots[0]) markCritical(roots[0], children, critical);
  const placed: PlacedSpan<S>[] = [];
  for (const root of roots) place(root, children, critical, begin, placed);
  return { traceId: spans[0]?.traceId ?? '', spans: placed, orphans: Math.max(0, roots.length - 1) };
}

function append<S>(map: Map<string, S[]>, key: string, value: S): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

/** The earliest span of a parent cycle becomes a root, so that no span is lost. */
function inCycle<S extends TreeSpan>(span: S, byId: ReadonlyMap<string, S>): boolean {
  const seen = new Set([span.spanId]);
  let parent = byId.get(span.parentSpanId);
  let earliest = span;
  while (parent) {
    if (parent.spanId === span.spanId) return earliest.spanId === span.spanId;
    if (seen.has(parent.spanId)) return false;
    seen.add(parent.spanId);
    if (compareSpans(parent, earliest) < 0) earliest = parent;
    parent = byId.get(parent.parentSpanId);
  }
  return false;
}

function place<S extends TreeSpan>(
  root: S,
  children: ReadonlyMap<string, readonly S[]>,
  critical: ReadonlySet<string>,
  begin: number,
  out: PlacedSpan<S>[],
): void {
  const stack = [{ span: root, depth: 0 }];
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { span, depth } = next;
    const below = children.get(span.spanId) ?? [];
    out.push({
      span,
      depth,
      offset: span.start - begin,
      selfTime: ownTime(span, below),
      inferred: span.attributes[SPAN_ATTRIBUTES.parentLink] === INFERRED_LINK,
      criticalPath: critical.has(span.spanId),
    });
    for (let i = below.length - 1; i >= 0; i--) stack.push({ span: below[i]!, depth: depth + 1 });
  }
}

/** Duration minus the union of the children, each cut to the span. */
function ownTime(span: TreeSpan, children: readonly TreeSpan[]): number {
  const end = span.start + span.duration;
  let covered = 0;
  let until = span.start;
  for (const child of children) {
    const from = Math.max(until, child.start);
    const to = Math.min(end, child.start + child.duration);
    if (to > from) {
      covered += to - from;
      until = to;
    }
  }
  return Math.max(0, span.duration - covered);
}

/** From the end of a span backwards: the child that ended last is what it waited for, and so on. */
function markCritical<S extends TreeSpan>(
  root: S,
  children: ReadonlyMap<string, readonly S[]>,
  out: Set<string>,
): void {
  const stack: S[] = [root];
  for (let span = stack.pop(); span; span = stack.pop()) {
    out.add(span.spanId);
    let until = span.start + span.duration + SLACK;
    const byEnd = [...(children.get(span.spanId) ?? [])].sort(
      (a, b) => b.start + b.duration - (a.start + a.duration),
    );
    for (const child of byEnd) {
      if (child.start + child.duration > until) continue;
      stack.push(child);
      until = child.start + SLACK;
    }
  }
}
