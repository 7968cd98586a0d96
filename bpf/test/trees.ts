import { constants } from '../../collector/src/receivers/ebpf/layout.generated.ts';
import type { Struct } from './decode.ts';

const PROTOCOLS = new Map<unknown, string>([
  [constants.GS_PROTOCOL_HTTP, 'http'],
  [constants.GS_PROTOCOL_POSTGRES, 'postgres'],
  [constants.GS_PROTOCOL_REDIS, 'redis'],
]);

/** `http:8000` for a server span, `http>8000` for a client span. */
function label(span: Struct): string {
  const tuple = span['tuple'] as Struct;
  const inbound = span['direction'] === constants.GS_INBOUND;
  const port = inbound ? tuple['local_port'] : tuple['remote_port'];
  return `${PROTOCOLS.get(span['protocol'])}${inbound ? ':' : '>'}${String(port)}`;
}

/** Each trace as text, `root(child(grandchild) child)`, children in alphabetical order; and how often it came. */
export function treeShapes(spans: readonly Struct[]): ReadonlyMap<string, number> {
  const children = new Map<unknown, Struct[]>();
  for (const span of spans) {
    const siblings = children.get(span['parent_span_id']) ?? [];
    siblings.push(span);
    children.set(span['parent_span_id'], siblings);
  }
  const shape = (span: Struct): string => {
    const below = (children.get(span['span_id']) ?? []).filter((child) => sameTrace(child, span));
    return below.length ? `${label(span)}(${below.map(shape).sort().join(' ')})` : label(span);
  };
  const shapes = new Map<string, number>();
  for (const root of children.get(0n) ?? []) {
    const text = shape(root);
    shapes.set(text, (shapes.get(text) ?? 0) + 1);
  }
  return shapes;
}

function sameTrace(a: Struct, b: Struct): boolean {
  return a['trace_id_high'] === b['trace_id_high'] && a['trace_id_low'] === b['trace_id_low'];
}
