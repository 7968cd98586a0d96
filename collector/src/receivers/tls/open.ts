import type { ProcessEvent } from '../ebpf/process-event.ts';
import { TlsReceiver, type RequestPrograms } from './receiver.ts';
import type { TargetStatus } from './targets.ts';

/** What a user may configure of this receiver. */
export interface TlsConfiguration {
  /** Globs of executables and libraries that are left alone. */
  readonly deny: readonly string[];
  /** ms that a library without processes stays attached. */
  readonly linger: number;
  /** Probe hits per second on one file from which on it is left alone. */
  readonly maxHitsPerSecond: number;
  /** ms behind the attachment within which the death of a process is held against it. */
  readonly suspicion: number;
}

export const DEFAULT_TLS_CONFIGURATION: TlsConfiguration = {
  deny: [],
  linger: 5 * 60_000,
  maxHitsPerSecond: 20_000,
  suspicion: 60_000,
};

/** The rooms this receiver depends on. */
export interface TlsNeighbours {
  readonly programs: RequestPrograms;
  readonly listen: (listener: (event: ProcessEvent) => void) => void;
  /** Processes of the target that run already. */
  readonly running: Iterable<number>;
  readonly procfs: string;
  readonly hostRoot: string;
  readonly onChange: (status: TargetStatus) => void;
  /** Something went wrong in between; what is attached stays so. */
  readonly onProblem: (reason: string) => void;
}

/** ms between looks at who speaks TLS. */
const PERIOD = 1000;

/**
 * Why the kernel lets us attach no uprobe; '' when it does. Tried on this source file, which nobody executes. Newer
 * kernels (6.18 is one) want CAP_SYS_ADMIN where CAP_PERFMON was enough.
 */
export function uprobesRefused(programs: RequestPrograms): string {
  const tried = programs.attachUprobe('tls_openssl_read', import.meta.filename, 0);
  if (tried.ok) tried.detach();
  return tried.ok ? '' : tried.reason;
}

/** A receiver that attaches to TLS libraries from now on. */
export function openTlsReceiver(
  configuration: TlsConfiguration,
  { programs, listen, running: before, procfs, hostRoot, onChange, onProblem }: TlsNeighbours,
): { readonly receiver: TlsReceiver; readonly stop: () => void } {
  let running = true;
  // The request programs may be gone before this receiver is.
  const guarded = (work: () => void): void => {
    try {
      if (running) work();
    } catch (error) {
      onProblem(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
  };
  const later = (work: () => void, ms: number): void => void setTimeout(() => guarded(work), ms).unref();
  const receiver = new TlsReceiver({
    ...configuration,
    programs,
    procfs,
    hostRoot,
    onChange,
    later,
    now: Date.now,
  });
  listen((event) => guarded(() => receiver.onProcess(event)));
  receiver.adopt(before);
  guarded(() => receiver.update());
  const timer = setInterval(() => guarded(() => receiver.update()), PERIOD).unref();
  const stop = (): void => {
    running = false;
    clearInterval(timer);
    receiver.close();
  };
  return { receiver, stop };
}
