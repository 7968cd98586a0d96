import type { TraceContext } from '../protocols/trace-context.ts';
import { constants } from '../receivers/ebpf/layout.generated.ts';

/** Where a span stands. */
export interface SpanPlace {
  readonly traceId: string;
  /** '' for a root. */
  readonly parentSpanId: string;
  /** enum gs_parent_link. */
  readonly parentLink: number;
}

/** Value of the attribute by enum gs_parent_link. */
export const PARENT_LINKS: readonly (string | undefined)[] = (() => {
  const names: string[] = [];
  names[constants.GS_PARENT_WIRE] = 'wire';
  names[constants.GS_PARENT_THREAD] = 'thread';
  names[constants.GS_PARENT_ORDER] = 'order';
  return names;
})();

/**
 * The context that a payload names wins over the derived one: its trace, and its span as the parent, unless that is
 * our own span of the same request at the other end, which then stands below it.
 */
export function withContext(derived: SpanPlace, context: TraceContext | undefined): SpanPlace {
  if (!context) return derived;
  const { traceId } = context;
  if (derived.parentLink === constants.GS_PARENT_WIRE && derived.parentSpanId) return { ...derived, traceId };
  return { traceId, parentSpanId: context.spanId, parentLink: constants.GS_PARENT_NONE };
}
