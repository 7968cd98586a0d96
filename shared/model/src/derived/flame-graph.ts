/** Samples as a reader returns them: stacks leaf first, frames by index. */
export interface Samples {
  readonly frames: readonly string[];
  readonly stacks: readonly Uint32Array[];
  readonly values: Float64Array;
  readonly unit: 'nanoseconds' | 'bytes' | 'count';
}

/** Nodes depth first; `parent[i] < i`, root is 0. */
export interface FlameColumns {
  readonly unit: Samples['unit'];
  readonly names: readonly string[];
  readonly name: Uint32Array;
  readonly parent: Int32Array;
  readonly depth: Uint16Array;
  readonly total: Float64Array;
  readonly self: Float64Array;
}

const ROOT_NAME = 'all';
const MAX_DEPTH = 1024;

interface TreeNode {
  readonly name: number;
  readonly children: Map<number, TreeNode>;
  total: number;
  self: number;
}

const newNode = (name: number): TreeNode => ({ name, children: new Map(), total: 0, self: 0 });

/** Stacks merged from the root; siblings by name, so that equal samples give an equal graph. */
export function flameGraph(samples: Samples): FlameColumns {
  const root = newNode(0);
  samples.stacks.forEach((stack, i) => addStack(root, stack, samples.values[i] ?? 0));
  const names = [ROOT_NAME, ...samples.frames];
  return flatten(root, names, samples.unit);
}

function addStack(root: TreeNode, stack: Uint32Array, value: number): void {
  root.total += value;
  let node = root;
  const depth = Math.min(stack.length, MAX_DEPTH);
  for (let k = 0; k < depth; k++) {
    const name = stack[stack.length - 1 - k]! + 1;
    let child = node.children.get(name);
    if (child === undefined) node.children.set(name, (child = newNode(name)));
    child.total += value;
    node = child;
  }
  node.self += value;
}

function flatten(root: TreeNode, names: readonly string[], unit: Samples['unit']): FlameColumns {
  const nodes: { readonly node: TreeNode; readonly parent: number; readonly depth: number }[] = [];
  const stack = [{ node: root, parent: -1, depth: 0 }];
  for (let next = stack.pop(); next; next = stack.pop()) {
    const index = nodes.push(next) - 1;
    const children = [...next.node.children.values()].sort((a, b) => compareNames(names, a.name, b.name));
    for (let i = children.length - 1; i >= 0; i--) {
      stack.push({ node: children[i]!, parent: index, depth: next.depth + 1 });
    }
  }
  return {
    unit,
    names,
    name: Uint32Array.from(nodes, ({ node }) => node.name),
    parent: Int32Array.from(nodes, ({ parent }) => parent),
    depth: Uint16Array.from(nodes, ({ depth }) => depth),
    total: Float64Array.from(nodes, ({ node }) => node.total),
    self: Float64Array.from(nodes, ({ node }) => node.self),
  };
}

function compareNames(names: readonly string[], a: number, b: number): number {
  const x = names[a]!;
  const y = names[b]!;
  return x < y ? -1 : x > y ? 1 : a - b;
}
