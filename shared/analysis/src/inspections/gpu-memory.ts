import { formatValue } from '@gumshoe/base/units';
import { shareColumn } from '@gumshoe/model/columns';
import { GPU_METRICS as G } from '@gumshoe/schema/metrics/gpu';
import { matchLabel, selectNode } from '../evidence.ts';
import { defineInspection } from './define.ts';
import { gpusOf } from './gpu-nodes.ts';
import { levelVerdict } from './level.ts';
import { percentOf } from './measured.ts';

export const gpuMemory = defineInspection({
  id: 'gpu-memory',
  title: 'GPU memory',
  area: 'GPU',
  threshold: { default: 98, unit: 'percent', description: 'memory of a GPU in use' },
  needs: ['instances', 'nodes'],
  inspect: (subject, threshold) => {
    const measured = gpusOf(subject.instances, subject.nodes).map((one) => ({
      ...one,
      values: percentOf(shareColumn(one.gpu.memoryUsed, one.gpu.memoryTotal)),
    }));
    return levelVerdict(subject, measured, {
      threshold,
      unit: 'percent',
      says: ({ name, state }) => `The memory of ${name} is ${formatValue(state.value, 'percent')} full`,
      formula: 'memory used / memory',
      query: ({ node, gpu }) => {
        const of = matchLabel('gpu_uuid', [gpu.uuid]);
        return `${selectNode(node, G.memoryUsed.name, of)} / ${selectNode(node, G.memoryTotal.name, of)} * 100`;
      },
    });
  },
});
