import { DotnetRuntime } from './dotnet/runtime.ts';
import { GO } from './go/runtime.ts';
import { JVM } from './jvm/runtime.ts';
import { NodejsRuntime } from './nodejs/runtime.ts';
import { PythonRuntime } from './python/runtime.ts';
import { RuntimeReceiver, type RuntimeReceiverOptions } from './receiver.ts';

/** A receiver for every runtime known. Call `collect` once per interval. */
export function openRuntimeReceiver(options: Omit<RuntimeReceiverOptions, 'runtimes'>): RuntimeReceiver {
  return new RuntimeReceiver({
    ...options,
    runtimes: [JVM, new DotnetRuntime(), GO, new PythonRuntime(), new NodejsRuntime()],
  });
}
