import { JVM_METRICS } from '@gumshoe/schema/metrics/jvm';
import { defineInspection } from './define.ts';
import { runtimeAvailability } from './runtime-availability.ts';

export const jvmAvailability = defineInspection({
  id: 'jvm-availability',
  title: 'JVM availability',
  area: 'JVM',
  threshold: { default: 0, unit: 'count', description: 'instances whose JVM is no longer heard of' },
  needs: ['instances'],
  inspect: (subject, threshold) =>
    runtimeAvailability(subject, subject.instances, 'JVM', JVM_METRICS.info, threshold),
});
