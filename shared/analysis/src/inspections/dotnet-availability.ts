import { DOTNET_METRICS } from '@gumshoe/schema/metrics/dotnet';
import { defineInspection } from './define.ts';
import { runtimeAvailability } from './runtime-availability.ts';

export const dotnetAvailability = defineInspection({
  id: 'dotnet-availability',
  title: '.NET runtime availability',
  area: '.NET',
  threshold: { default: 0, unit: 'count', description: 'instances whose .NET runtime is no longer heard of' },
  needs: ['instances'],
  inspect: (subject, threshold) =>
    runtimeAvailability(subject, subject.instances, '.NET runtime', DOTNET_METRICS.info, threshold),
});
