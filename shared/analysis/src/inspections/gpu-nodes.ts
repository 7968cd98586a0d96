import type { GpuColumns, Instance, Node } from '@gumshoe/model/world';
import { CONTAINER_GPU_METRICS as C } from '@gumshoe/schema/metrics/gpu';
import { known } from './measured.ts';

export interface NodeGpu {
  readonly node: Node;
  readonly gpu: GpuColumns;
  readonly name: string;
}

/** GPUs of the nodes on which an instance of the application uses one. */
export function gpusOf(instances: readonly Instance[], nodes: readonly Node[]): readonly NodeGpu[] {
  const users = new Set(
    instances
      .filter(({ signals }) => known(signals.get(C.usage.name)) || known(signals.get(C.memoryUsage.name)))
      .map((instance) => instance.node),
  );
  return nodes
    .filter((node) => users.has(node.id))
    .flatMap((node) =>
      node.gpus.map((gpu) => ({ node, gpu, name: `${gpu.name || 'GPU'} ${gpu.uuid} of ${node.hostname}` })),
    );
}
