import { milliseconds } from '@gumshoe/base/time';
import type { TraceSummary, TraceTree, TraceTreeSpan } from '@gumshoe/engine/api';
import type { Span, SpanFilter } from '@gumshoe/engine/ports';

const START = 1_790_000_000_000;

interface Part {
  readonly service: string;
  readonly name: string;
  readonly kind: Span['kind'];
  readonly depth: number;
  readonly offset: number;
  readonly duration: number;
  readonly inferred?: true;
  readonly failed?: true;
}

const PARTS: readonly Part[] = [
  {
    service: 'frontend',
    name: 'POST /orders',
    kind: 'Server',
    depth: 0,
    offset: 0,
    duration: 5021,
    failed: true,
  },
  {
    service: 'frontend',
    name: 'POST',
    kind: 'Client',
    depth: 1,
    offset: 0.4,
    duration: 5020.1,
    inferred: true,
    failed: true,
  },
  {
    service: 'api',
    name: 'POST /orders',
    kind: 'Server',
    depth: 2,
    offset: 0.6,
    duration: 5019.6,
    failed: true,
  },
  {
    service: 'api',
    name: 'GET session:*',
    kind: 'Client',
    depth: 3,
    offset: 1.2,
    duration: 0.7,
    inferred: true,
  },
  { service: 'redis', name: 'GET', kind: 'Server', depth: 4, offset: 1.4, duration: 0.2 },
  {
    service: 'api',
    name: 'POST',
    kind: 'Client',
    depth: 3,
    offset: 2.3,
    duration: 5017.2,
    inferred: true,
    failed: true,
  },
  {
    service: 'orders',
    name: 'POST /orders',
    kind: 'Server',
    depth: 4,
    offset: 2.6,
    duration: 5016.6,
    failed: true,
  },
  {
    service: 'orders',
    name: 'INSERT INTO orders',
    kind: 'Client',
    depth: 5,
    offset: 4.1,
    duration: 5012.9,
    inferred: true,
    failed: true,
  },
  {
    service: 'postgres',
    name: 'INSERT INTO orders',
    kind: 'Server',
    depth: 6,
    offset: 4.3,
    duration: 5012.4,
    failed: true,
  },
];

function spanOf(part: Part, index: number, traceId: string, start: number): Span {
  return {
    traceId,
    spanId: `s${index}`,
    parentSpanId: index === 0 ? '' : `s${index - 1}`,
    name: part.name,
    kind: part.kind,
    serviceName: part.service,
    containerId: `/gumshoe-demo.slice/${part.service}.service`,
    start: start + part.offset,
    duration: part.duration,
    status: part.failed ? 'Error' : 'Unset',
    statusMessage: part.failed ? 'canceling statement due to lock timeout' : '',
    attributes: {
      'net.peer.name': '10.77.0.14',
      'net.peer.port': '5432',
      ...(part.service === 'postgres'
        ? { 'db.system': 'postgresql', 'db.statement': 'INSERT INTO orders (user_id, total) VALUES (?, ?)' }
        : {}),
    },
  };
}

export function shopTrace(traceId: string, start = START): TraceTree {
  const spans = PARTS.map((part, index): TraceTreeSpan => ({
    span: spanOf(part, index, traceId, start),
    depth: part.depth,
    offset: part.offset,
    selfTime: part.depth === 6 ? part.duration : 0.4,
    inferred: part.inferred ?? false,
    criticalPath: part.service !== 'redis',
  }));
  return { traceId, spans, orphans: 0 };
}

const ROWS = 120;

export function shopTraces(filter: SpanFilter): TraceSummary[] {
  const rows = Array.from({ length: ROWS }, (_, index): TraceSummary => {
    const slow = index % 3 === 0;
    const start = filter.range.to - 2000 - index * 870;
    const duration = slow ? 5021 - index : 14.2 + (index % 7) * 3.1;
    const root = spanOf(PARTS[0]!, 0, `t${index}`, start);
    return {
      traceId: `t${index}`,
      root: {
        ...root,
        start: milliseconds(start),
        duration,
        name: slow ? 'POST /orders' : 'GET /products',
        status: slow ? 'Error' : 'Unset',
      },
      spans: slow ? PARTS.length : 5,
      services: slow ? ['frontend', 'api', 'redis', 'orders', 'postgres'] : ['frontend', 'api', 'redis'],
      errors: slow ? 7 : 0,
      duration,
    };
  });
  return rows.filter((row) => !filter.errorsOnly || row.errors > 0).slice(0, filter.limit);
}
