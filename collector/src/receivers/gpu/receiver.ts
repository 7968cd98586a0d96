import type { MetricSink } from '../../pipeline/metric-sink.ts';
import type { ContainerOf } from '../../processors/sample-sink.ts';
import { LineCommand, onPath } from './command.ts';
import { GPU_FIELDS, parseGpuLine, ProcessLines } from './samples.ts';
import { GpuWindow } from './window.ts';

const PROGRAM = 'nvidia-smi';
const QUERY = [`--query-gpu=${GPU_FIELDS}`, '--format=csv,noheader,nounits', '--loop=1'];
const PROCESSES = ['pmon', '-s', 'um', '-d', '1'];

export interface GpuReceiverOptions {
  /** Folders to look for nvidia-smi in, as in PATH. */
  readonly path: string;
  readonly containerOf: ContainerOf;
}

/** NVIDIA GPUs through two nvidia-smi that sample once a second: the GPUs, and the processes on them. */
export class GpuReceiver {
  readonly #window = new GpuWindow();
  readonly #commands: readonly LineCommand[];
  readonly #containerOf: ContainerOf;
  #samples = 0;

  constructor({ path, containerOf }: GpuReceiverOptions) {
    this.#containerOf = containerOf;
    const file = onPath(PROGRAM, path);
    const processes = new ProcessLines();
    this.#commands = file
      ? [
          new LineCommand(file, QUERY, (line) => {
            const sample = parseGpuLine(line);
            if (!sample) return;
            this.#samples++;
            this.#window.gpu(sample);
          }),
          new LineCommand(file, PROCESSES, (line) => {
            const sample = processes.parse(line);
            if (sample) this.#window.process(sample);
          }),
        ]
      : [];
  }

  collect(sink: MetricSink): void {
    this.#window.flush(sink, this.#containerOf);
  }

  status(): Readonly<Record<string, unknown>> {
    if (this.#commands.length === 0) return { reason: `no ${PROGRAM} on this machine: no NVIDIA driver` };
    const refused = this.#commands.map(({ reason }) => reason).filter(Boolean);
    return {
      samples: this.#samples,
      ...(refused.length > 0 ? { refused } : {}),
      cost: `two ${PROGRAM} processes, a sample a second each`,
    };
  }

  stop(): void {
    for (const command of this.#commands) command.stop();
  }
}
