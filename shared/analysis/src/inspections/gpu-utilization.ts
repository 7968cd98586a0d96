import { formatValue } from '@gumshoe/base/units';
import { GPU_METRICS as G } from '@gumshoe/schema/metrics/gpu';
import { matchLabel, selectNode } from '../evidence.ts';
import { defineInspection } from './define.ts';
import { gpusOf } from './gpu-nodes.ts';
import { levelVerdict } from './level.ts';

/** A busy GPU is what a training job is for; it matters where somebody waits for an answer. */
export const gpuUtilization = defineInspection({
  id: 'gpu-utilization',
  title: 'GPU utilization',
  area: 'GPU',
  threshold: {
    default: 95,
    unit: 'percent',
    description: 'share of time that a GPU runs kernels, of serving applications',
  },
  needs: ['instances', 'nodes', 'downstreams', 'serviceLevel'],
  inspect: (subject, threshold) => {
    const { downstreams, serviceLevel } = subject;
    if (downstreams.length === 0 && serviceLevel.indicators.source === 'none') return undefined;
    const gpus = gpusOf(subject.instances, subject.nodes);
    return levelVerdict(
      subject,
      gpus.map((one) => ({ ...one, values: one.gpu.utilization })),
      {
        threshold,
        unit: 'percent',
        says: ({ name, state }) => `${name} is busy ${formatValue(state.value, 'percent')} of the time`,
        formula: 'share of time that kernels ran',
        query: ({ node, gpu }) =>
          selectNode(node, G.utilizationAverage.name, matchLabel('gpu_uuid', [gpu.uuid])),
      },
    );
  },
});
