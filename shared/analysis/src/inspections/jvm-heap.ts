import { formatValue } from '@gumshoe/base/units';
import { lastOf, shareColumn } from '@gumshoe/model/columns';
import { JVM_METRICS as J } from '@gumshoe/schema/metrics/jvm';
import { selectInstance } from '../evidence.ts';
import { defineInspection } from './define.ts';
import { levelVerdict } from './level.ts';
import { measuredInstances, percentOf } from './measured.ts';

export const jvmHeap = defineInspection({
  id: 'jvm-heap',
  title: 'JVM heap',
  area: 'JVM',
  threshold: { default: 90, unit: 'percent', description: 'heap in use after collection, of its limit' },
  needs: ['instances'],
  inspect: (subject, threshold) =>
    levelVerdict(
      subject,
      measuredInstances(subject.instances, ({ signals }) => {
        const used = signals.get(J.heapUsed.name);
        const max = signals.get(J.heapMax.name);
        return used && max ? percentOf(shareColumn(used, max)) : undefined;
      }),
      {
        threshold,
        unit: 'percent',
        says: ({ name, state }) =>
          `The JVM of ${name} uses ${formatValue(state.value, 'percent')} of the heap it may have`,
        formula: 'heap in use as of the last collection / heap allowed',
        explain: ({ of }) => [
          `${formatValue(lastOf(of.signals.get(J.heapUsed.name)!, subject.window), 'bytes')} of ${formatValue(lastOf(of.signals.get(J.heapMax.name)!, subject.window), 'bytes')}`,
        ],
        query: ({ of }) =>
          `sum(${selectInstance(of, J.heapUsed.name)}) / sum(${selectInstance(of, J.heapMax.name)}) * 100`,
      },
    ),
});
