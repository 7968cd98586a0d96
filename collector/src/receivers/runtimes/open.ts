import { JVM } from './jvm/runtime.ts';
import { RuntimeReceiver, type RuntimeReceiverOptions } from './receiver.ts';

/** A receiver for every runtime known. Call `collect` once per interval. */
export function openRuntimeReceiver(options: Omit<RuntimeReceiverOptions, 'runtimes'>): RuntimeReceiver {
  return new RuntimeReceiver({ ...options, runtimes: [JVM] });
}
