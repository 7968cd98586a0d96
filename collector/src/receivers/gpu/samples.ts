/** What one line of `nvidia-smi --query-gpu` says. NaN where the GPU does not tell. */
export interface GpuSample {
  readonly index: number;
  readonly uuid: string;
  readonly name: string;
  readonly driver: string;
  readonly memoryTotal: number;
  readonly memoryUsed: number;
  /** Percent of time. */
  readonly utilization: number;
  readonly memoryUtilization: number;
  readonly celsius: number;
  readonly watts: number;
}

/** What one line of `nvidia-smi pmon -s um` says. */
export interface GpuProcessSample {
  readonly index: number;
  readonly pid: number;
  /** Percent of time that its kernels ran; 0 where it is not told. */
  readonly utilization: number;
  readonly memoryUsed: number;
}

/** Fields asked of --query-gpu, in the order of GpuSample. */
export const GPU_FIELDS =
  'index,uuid,name,driver_version,memory.total,memory.used,utilization.gpu,utilization.memory,temperature.gpu,power.draw';

const MIB = 2 ** 20;
const MAX_TEXT = 128;

/** A line of `--format=csv,noheader,nounits`; undefined for what is none. `[N/A]` and `[Not Supported]` are NaN. */
export function parseGpuLine(line: string): GpuSample | undefined {
  const columns = line.split(',').map((column) => column.trim());
  const [index = '', uuid = '', name = '', driver = '', ...rest] = columns;
  if (columns.length !== 10 || !/^\d+$/.test(index) || !/^(GPU|MIG)-[\w/-]+$/.test(uuid)) return undefined;
  const [total, used, utilization, memoryUtilization, celsius, watts] = rest.map(numberOf);
  return {
    index: Number(index),
    uuid: uuid.slice(0, MAX_TEXT),
    name: name.slice(0, MAX_TEXT),
    driver: driver.slice(0, MAX_TEXT),
    memoryTotal: total! * MIB,
    memoryUsed: used! * MIB,
    utilization: utilization!,
    memoryUtilization: memoryUtilization!,
    celsius: celsius!,
    watts: watts!,
  };
}

const numberOf = (text: string): number => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : NaN);

/** Columns of pmon differ by driver: taken by the names in its heading. */
export class ProcessLines {
  #columns: readonly string[] = [];

  /** undefined for headings, and for the line of a GPU that no process uses (pid `-`). */
  parse(line: string): GpuProcessSample | undefined {
    const words = line.replace(/^#/, '').trim().split(/\s+/);
    if (line.startsWith('#')) {
      if (words.includes('pid')) this.#columns = words;
      return undefined;
    }
    const of = (name: string): number => numberOf(words[this.#columns.indexOf(name)] ?? '');
    const [index, pid] = [of('gpu'), of('pid')];
    if (Number.isNaN(index) || Number.isNaN(pid)) return undefined;
    return { index, pid, utilization: of('sm') || 0, memoryUsed: (of('fb') || 0) * MIB };
  }
}
