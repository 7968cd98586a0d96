import { existsSync, readFileSync } from 'node:fs';
import { addonProblem } from './native.ts';

export interface Support {
  readonly supported: boolean;
  /** Each thing that is missing and how to get it; empty when supported. */
  readonly reasons: readonly string[];
}

/** Bits of /proc/self/status CapEff (linux/capability.h). */
const CAPABILITIES = { CAP_SYS_ADMIN: 21, CAP_PERFMON: 38, CAP_BPF: 39 } as const;

/** What this machine and this process allow. Reads /proc and /sys only; loads nothing. */
export function probeSupport(): Support {
  const reasons: string[] = [];
  const problem = addonProblem();
  if (problem) reasons.push(problem);
  if (process.platform === 'linux') {
    if (!existsSync('/sys/kernel/btf/vmlinux'))
      reasons.push(
        'the kernel has no BTF (/sys/kernel/btf/vmlinux): use a kernel built with CONFIG_DEBUG_INFO_BTF',
      );
    const effective = effectiveCapabilities();
    const has = (name: keyof typeof CAPABILITIES) => ((effective >> BigInt(CAPABILITIES[name])) & 1n) === 1n;
    if (!has('CAP_SYS_ADMIN') && !(has('CAP_BPF') && has('CAP_PERFMON')))
      reasons.push('not privileged: run as root, or with CAP_BPF and CAP_PERFMON');
  }
  return { supported: reasons.length === 0, reasons };
}

function effectiveCapabilities(): bigint {
  const line = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return BigInt(`0x${line?.[1] ?? '0'}`);
}
