import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileExists } from '../file-exists.ts';

/** One thing looked at. `costs`: what is lost while it is so; '' when nothing is. */
export interface Finding {
  readonly subject: string;
  readonly state: 'ok' | 'lost' | 'note';
  /** What was seen. */
  readonly seen: string;
  readonly costs: string;
}

const ok = (subject: string, seen: string): Finding => ({ subject, state: 'ok', seen, costs: '' });
const lost = (subject: string, seen: string, costs: string): Finding => ({
  subject,
  state: 'lost',
  seen,
  costs,
});
const note = (subject: string, seen: string, costs: string): Finding => ({
  subject,
  state: 'note',
  seen,
  costs,
});

function text(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** Bits of CapEff (include/uapi/linux/capability.h) and what the collector uses them for. */
const CAPABILITIES: readonly (readonly [string, number, string])[] = [
  ['CAP_BPF', 39, 'load kernel programs'],
  ['CAP_PERFMON', 38, 'attach them, and sample stacks'],
  ['CAP_SYS_PTRACE', 19, 'see files and maps of other users’ processes'],
  ['CAP_DAC_READ_SEARCH', 2, 'read logs and binaries of other users'],
  ['CAP_SYS_RESOURCE', 24, 'lock memory for maps on kernels before 5.11'],
  ['CAP_NET_ADMIN', 12, 'read address translations'],
  ['CAP_SYSLOG', 34, 'name kernel functions in profiles'],
];

/** Maps count against a cgroup, not against locked memory, since Linux 5.11. */
function locksMemory(kernel: string): boolean {
  const [major = 0, minor = 0] = kernel.split('.').map(Number);
  return major < 5 || (major === 5 && minor < 11);
}

function capabilities(kernel: string): Finding {
  const line = /^CapEff:\s*([0-9a-f]+)$/m.exec(text('/proc/self/status') ?? '');
  const effective = BigInt(`0x${line?.[1] ?? '0'}`);
  const admin = ((effective >> 21n) & 1n) === 1n;
  const missing = CAPABILITIES.filter(
    ([name, bit]) =>
      ((effective >> BigInt(bit)) & 1n) === 0n &&
      (name !== 'CAP_SYS_RESOURCE' || locksMemory(kernel)) &&
      !(admin && (name === 'CAP_BPF' || name === 'CAP_PERFMON')),
  );
  if (missing.length === 0) return ok('capabilities', 'all that it uses');
  return lost(
    'capabilities',
    `without ${missing.map(([name]) => name).join(', ')}`,
    `cannot ${missing.map(([, , use]) => use).join('; ')}`,
  );
}

function btf(): Finding {
  return fileExists('/sys/kernel/btf/vmlinux')
    ? ok('BTF', '/sys/kernel/btf/vmlinux')
    : lost('BTF', 'no /sys/kernel/btf/vmlinux', 'no kernel program loads: needs CONFIG_DEBUG_INFO_BTF');
}

function lockdown(): Finding {
  const mode = /\[(\w+)\]/.exec(text('/sys/kernel/security/lockdown') ?? '')?.[1];
  if (mode === 'confidentiality')
    return lost('lockdown', 'confidentiality', 'the kernel refuses programs that read memory');
  return ok('lockdown', mode ?? 'not in this kernel');
}

function cgroups(cgroupfs: string): Finding {
  if (fileExists(join(cgroupfs, 'cgroup.controllers')))
    return ok('cgroups', `version 2: ${text(join(cgroupfs, 'cgroup.controllers')) || 'no controller'}`);
  if (fileExists(join(cgroupfs, 'memory'))) return ok('cgroups', 'version 1');
  return lost('cgroups', `nothing at ${cgroupfs}`, 'limits, throttling and usage of containers');
}

function pressure(procfs: string): Finding {
  return fileExists(join(procfs, 'pressure/cpu'))
    ? ok('pressure (PSI)', 'on')
    : note(
        'pressure (PSI)',
        `no ${procfs}/pressure`,
        'time lost to lack of CPU, memory and I/O: boot with psi=1',
      );
}

function kernelSymbols(procfs: string): Finding {
  const first = text(join(procfs, 'kallsyms'))?.slice(0, 16);
  if (first !== undefined && !/^0+$/.test(first)) return ok('kernel symbols', 'readable');
  return note('kernel symbols', 'hidden (kernel.kptr_restrict)', 'kernel frames of profiles stay addresses');
}

/** What this machine and this process allow; reads files only. */
export function machineFindings(procfs: string, cgroupfs: string): readonly Finding[] {
  const kernel = text(join(procfs, 'sys/kernel/osrelease')) ?? 'unknown';
  return [
    ok('kernel', kernel),
    ok('runtime', `Node ${process.version}, ${process.arch}`),
    btf(),
    capabilities(kernel),
    lockdown(),
    cgroups(cgroupfs),
    pressure(procfs),
    kernelSymbols(procfs),
  ];
}
