import { GPU_METRICS as G } from '@gumshoe/schema/metrics/gpu';
import { matchLabel, selectNode } from '../evidence.ts';
import { defineInspection } from './define.ts';
import { gpusOf } from './gpu-nodes.ts';
import { levelVerdict } from './level.ts';

const celsius = (value: number): string => `${value.toFixed(0)} °C`;

/** GPUs slow themselves down from about 90 °C on. */
export const gpuTemperature = defineInspection({
  id: 'gpu-temperature',
  title: 'GPU temperature',
  area: 'GPU',
  threshold: { default: 87, unit: 'none', description: 'temperature of a GPU, °C' },
  needs: ['instances', 'nodes'],
  inspect: (subject, threshold) => {
    const gpus = gpusOf(subject.instances, subject.nodes);
    return levelVerdict(
      subject,
      gpus.map((one) => ({ ...one, values: one.gpu.temperature })),
      {
        threshold,
        unit: 'none',
        says: ({ name, state }) => `${name} is at ${celsius(state.value)}`,
        write: celsius,
        formula: 'temperature',
        query: ({ node, gpu }) => selectNode(node, G.temperature.name, matchLabel('gpu_uuid', [gpu.uuid])),
      },
    );
  },
});
