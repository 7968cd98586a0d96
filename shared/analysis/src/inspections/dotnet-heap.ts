import { formatValue } from '@gumshoe/base/units';
import { shareColumn } from '@gumshoe/model/columns';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { DOTNET_METRICS as D } from '@gumshoe/schema/metrics/dotnet';
import { selectInstance } from '../evidence.ts';
import { defineInspection } from './define.ts';
import { levelVerdict } from './level.ts';
import { measuredInstances, percentOf } from './measured.ts';

/** By default the runtime lets its heap grow to three quarters of the limit of the container, then it throws. */
export const dotnetHeap = defineInspection({
  id: 'dotnet-heap',
  title: '.NET heap',
  area: '.NET',
  threshold: { default: 70, unit: 'percent', description: 'managed heap, of the memory limit' },
  needs: ['instances'],
  inspect: (subject, threshold) =>
    levelVerdict(
      subject,
      measuredInstances(subject.instances, ({ signals, memoryLimit }) => {
        const heap = signals.get(D.heapSize.name);
        return heap && memoryLimit ? percentOf(shareColumn(heap, memoryLimit)) : undefined;
      }),
      {
        threshold,
        unit: 'percent',
        says: ({ name, state }) =>
          `The managed heap of ${name} takes ${formatValue(state.value, 'percent')} of its memory limit`,
        formula: 'heap of all generations / memory limit',
        query: ({ of }) =>
          `sum(${selectInstance(of, D.heapSize.name)}) / sum(${selectInstance(of, C.memoryLimit.name)}) * 100`,
      },
    ),
});
