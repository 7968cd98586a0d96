import type { ReceiverDefinition } from '../define.ts';

/** NVIDIA GPUs. */
export const GPU: ReceiverDefinition = {
  name: 'gpu',
  gives: 'use, memory, temperature and power of NVIDIA GPUs, and what containers use of them',
  async open({ processes }) {
    const { GpuReceiver } = await import('./receiver.ts');
    return new GpuReceiver({
      path: process.env['PATH'] ?? '',
      containerOf: (tgid) => processes.containerOf(tgid),
    });
  },
};
