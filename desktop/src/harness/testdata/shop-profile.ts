import type { FlameGraph } from '@gumshoe/engine/api';

/** Stacks root first with their samples in milliseconds. */
const STACKS: readonly (readonly [stack: string, milliseconds: number])[] = [
  [
    'node::Start;node::SpinEventLoop;uv_run;uv__io_poll;onReadable;parserOnIncoming;handleRequest;listProducts;JSON.stringify',
    420,
  ],
  [
    'node::Start;node::SpinEventLoop;uv_run;uv__io_poll;onReadable;parserOnIncoming;handleRequest;listProducts;priceOf',
    190,
  ],
  [
    'node::Start;node::SpinEventLoop;uv_run;uv__io_poll;onReadable;parserOnIncoming;handleRequest;placeOrder;validate',
    88,
  ],
  [
    'node::Start;node::SpinEventLoop;uv_run;uv__io_poll;onReadable;parserOnIncoming;handleRequest;placeOrder;request;connect',
    61,
  ],
  ['node::Start;node::SpinEventLoop;uv_run;uv__io_poll;onReadable;llhttp_execute', 132],
  ['node::Start;node::SpinEventLoop;uv_run;uv__run_timers;processTimers;checkTimeouts', 24],
  ['node::Start;node::SpinEventLoop;uv_run;uv__io_poll;epoll_pwait', 77],
  [
    'v8::internal::Heap::CollectGarbage;v8::internal::Scavenger;v8::internal::ScavengerCollector::CollectGarbage',
    96,
  ],
];

interface Frame {
  readonly name: string;
  readonly children: Map<string, Frame>;
  total: number;
  self: number;
}

const frame = (name: string): Frame => ({ name, children: new Map(), total: 0, self: 0 });

export function shopFlameGraph(): FlameGraph {
  const root = frame('');
  for (const [stack, ms] of STACKS) {
    let at = root;
    at.total += ms * 1e6;
    for (const name of stack.split(';')) {
      const child = at.children.get(name) ?? frame(name);
      at.children.set(name, child);
      child.total += ms * 1e6;
      at = child;
    }
    at.self += ms * 1e6;
  }
  return flatten(root);
}

function flatten(root: Frame): FlameGraph {
  const names: string[] = [];
  const rows: { name: number; parent: number; depth: number; total: number; self: number }[] = [];
  const visit = (at: Frame, parent: number, depth: number): void => {
    if (!names.includes(at.name)) names.push(at.name);
    const index = rows.length;
    rows.push({ name: names.indexOf(at.name), parent, depth, total: at.total, self: at.self });
    for (const child of at.children.values()) visit(child, index, depth + 1);
  };
  visit(root, -1, 0);
  return {
    unit: 'nanoseconds',
    names,
    name: Uint32Array.from(rows, (row) => row.name),
    parent: Int32Array.from(rows, (row) => row.parent),
    depth: Uint16Array.from(rows, (row) => row.depth),
    total: Float64Array.from(rows, (row) => row.total),
    self: Float64Array.from(rows, (row) => row.self),
  };
}
