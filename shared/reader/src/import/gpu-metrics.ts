import type { Labels, Series } from '@gumshoe/base/series';
import { CONTAINER_GPU_METRICS as C, GPU_METRICS as G } from '@gumshoe/schema/metrics/gpu';
import { containerOf, machineOf, podOf } from './foreign-labels.ts';
import type { SeriesByName } from './series-by-name.ts';

const MIB = 2 ** 20;
const UTILIZATION = 'DCGM_FI_DEV_GPU_UTIL';
const [USED, FREE, RESERVED, TOTAL] = [
  'DCGM_FI_DEV_FB_USED',
  'DCGM_FI_DEV_FB_FREE',
  'DCGM_FI_DEV_FB_RESERVED',
  'DCGM_FI_DEV_FB_TOTAL',
];

/** What one series of NVIDIA's DCGM exporter becomes. Memory is in MiB there. */
const RULES: readonly (readonly [name: string, to: readonly string[], scale?: number])[] = [
  [UTILIZATION, [G.utilizationAverage.name, G.utilizationPeak.name]],
  ['DCGM_FI_DEV_MEM_COPY_UTIL', [G.memoryUtilizationAverage.name, G.memoryUtilizationPeak.name]],
  [USED, [G.memoryUsed.name], MIB],
  ['DCGM_FI_DEV_GPU_TEMP', [G.temperature.name]],
  ['DCGM_FI_DEV_POWER_USAGE', [G.power.name]],
];

/** GPUs as NVIDIA's DCGM exporter measures them, and what containers use of them where it names their pods. */
export function translateGpus(given: SeriesByName): readonly Series[] {
  const out = RULES.flatMap(([name, to, scale = 1]) =>
    given.take(name).flatMap((series) => to.map((metric) => onNode(series, metric, scale))),
  );
  const totals = totalsOf(given);
  for (const series of given.take(USED)) {
    const total = totals.get(keyOf(series.labels));
    if (!total) continue;
    out.push(onNode(total, G.memoryTotal.name, MIB));
    const share = byTime(series, total, (used, all) => (all > 0 ? (100 * used) / all : 0));
    out.push(...inContainer(share, C.memoryUsage.name));
  }
  for (const series of given.take(UTILIZATION)) {
    out.push(...inContainer(series, C.usage.name));
    const { modelName: name = '', DCGM_FI_DRIVER_VERSION: version = '' } = series.labels;
    const info = onNode({ ...series, values: series.values.map(() => 1) }, G.info.name);
    out.push({ ...info, labels: { ...info.labels, name, driver_version: version } });
  }
  return out;
}

/** A slice of a GPU is one of its own. */
const gpuOf = ({ UUID, gpu, GPU_I_ID: slice }: Labels): string =>
  `${UUID || `GPU ${gpu ?? ''}`}${slice ? `/${slice}` : ''}`;
/** The exporter's own address is not the machine's where it runs in a pod. */
const nodeOf = (labels: Labels): string => labels['Hostname'] || machineOf(labels);
const keyOf = (labels: Labels): string => `${nodeOf(labels)} ${gpuOf(labels)}`;

function onNode(series: Series, to: string, scale = 1): Series {
  const machine = nodeOf(series.labels);
  const labels = { machine_id: machine, gpu_uuid: gpuOf(series.labels), __name__: to };
  return {
    ...series,
    labels,
    values: scale === 1 ? series.values : series.values.map((value) => value * scale),
  };
}

function inContainer(series: Series, to: string): readonly Series[] {
  const { exported_pod: workload, ...own } = series.labels;
  // where the scrape names the exporter's pod, what it says of the workload's is renamed
  const labels = workload
    ? {
        ...own,
        pod: workload,
        namespace: own['exported_namespace'] ?? '',
        container: own['exported_container'] ?? '',
      }
    : own;
  const pod = podOf(labels);
  if (!pod || (!workload && /dcgm|exporter/.test(pod))) return [];
  const container = containerOf(labels, true, nodeOf(series.labels));
  return container ? [{ ...series, labels: { ...container, gpu_uuid: gpuOf(labels), __name__: to } }] : [];
}

/** Memory of each GPU: the exporter leaves the sum out unless it is asked for. */
function totalsOf(given: SeriesByName): ReadonlyMap<string, Series> {
  const told = given.take(TOTAL);
  if (told.length > 0) return new Map(told.map((series) => [keyOf(series.labels), series]));
  const part = (name: string): ReadonlyMap<string, Series> =>
    new Map(given.take(name).map((series) => [keyOf(series.labels), series]));
  const [used, reserved] = [part(USED), part(RESERVED)];
  return new Map(
    [...part(FREE)].map(([key, free]) => {
      const parts = [used.get(key), reserved.get(key)].filter((one) => one !== undefined);
      return [key, parts.reduce((sum, one) => byTime(sum, one, (a, b) => a + b), free)];
    }),
  );
}

/** The samples of `series`, each with the other's of that time, where there is one. */
function byTime(series: Series, other: Series, of: (value: number, other: number) => number): Series {
  const values = new Map(Array.from(other.timestamps, (at, i) => [at, other.values[i]!]));
  return {
    ...series,
    values: series.values.map((value, i) => of(value, values.get(series.timestamps[i]!) ?? NaN)),
  };
}
