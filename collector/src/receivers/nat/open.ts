import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseConntrack } from '../../identity/conntrack-text.ts';
import type { NatTable } from '../../identity/conntrack.ts';
import type { ProgramStatus } from '../define.ts';
import { resolveTarget, type TargetSelection } from '../ebpf/target.ts';
import { CiliumMaps } from './cilium.ts';
import { ConntrackProgram, listedTranslations } from './conntrack-program.ts';
import { openKernelNat } from './kernel.ts';

export interface NatReceiver {
  readonly programs: readonly ProgramStatus[];
  status(): Readonly<Record<string, unknown>>;
  stop(): void;
}

/**
 * Gives `nat` the best source that this machine has. Never waits: what takes time is added when it is there.
 * @throws FailureError `invalid-input` when the target cannot be resolved.
 */
export function openNatReceiver(
  target: TargetSelection,
  { procfs, hostRoot }: { readonly procfs: string; readonly hostRoot: string },
  nat: NatTable,
): NatReceiver {
  const kernel = openKernelNat(resolveTarget(target));
  const cilium = ciliumOf(hostRoot);
  if (cilium) nat.addSource(cilium);
  let program: ConntrackProgram | undefined;
  let problem = '';
  let stopped = false;
  if (kernel.source) {
    nat.addSource(kernel.source);
    void learnPresent(procfs, nat);
  } else if (target.netns.length === 0) {
    // its stream knows no target: in one of network namespaces it would tell of others
    void ConntrackProgram.start().then((made) => {
      if (typeof made === 'string') problem = made;
      else if (stopped) made.close();
      else nat.addSource((program = made));
    });
  }
  return {
    programs: kernel.programs,
    status: () => ({
      source: nat.source || 'none',
      ...(cilium ? { cilium: 'present' } : {}),
      translations: nat.size,
      ...(nat.problem ? { reason: nat.problem } : {}),
      ...(problem ? { conntrackProgram: problem } : {}),
    }),
    stop() {
      stopped = true;
      if (kernel.source) nat.removeSource(kernel.source);
      if (program) nat.removeSource(program);
      if (cilium) nat.removeSource(cilium);
      cilium?.close();
      kernel.close();
      program?.close();
    },
  };
}

/** undefined where there is no Cilium, and where nothing can be asked of the kernel. */
function ciliumOf(hostRoot: string): CiliumMaps | undefined {
  try {
    const maps = new CiliumMaps(hostRoot);
    return maps.present ? maps : undefined;
  } catch {
    return undefined;
  }
}

/** Connections that were open before: from the kernel's list, else from conntrack-tools. */
async function learnPresent(procfs: string, nat: NatTable): Promise<void> {
  let text: string | undefined;
  try {
    text = readFileSync(join(procfs, '1/net/nf_conntrack'), 'utf8');
  } catch {
    // not every kernel has it
  }
  const present = text === undefined ? await listedTranslations() : parseConntrack(text);
  for (const one of present) nat.learn(one);
}
