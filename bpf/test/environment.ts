import { existsSync, readFileSync } from 'node:fs';

const BINARIES: Readonly<Record<string, readonly string[]>> = {
  ip: ['/usr/sbin/ip', '/sbin/ip', '/usr/bin/ip', '/bin/ip'],
  nginx: ['/usr/sbin/nginx', '/usr/bin/nginx'],
  go: ['/usr/bin/go'],
  redis: ['/usr/bin/redis-server'],
  'redis-benchmark': ['/usr/bin/redis-benchmark'],
  postgres: ['/usr/lib/postgresql/15/bin/postgres'],
  zookeeper: ['/usr/share/java/zookeeper.jar'],
  kazoo: ['/usr/lib/python3/dist-packages/kazoo/__init__.py'],
  psycopg2: ['/usr/lib/python3/dist-packages/psycopg2/__init__.py'],
};

function isRoot(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  const CAP_SYS_ADMIN = 21n;
  return effective !== undefined && ((BigInt(`0x${effective}`) >> CAP_SYS_ADMIN) & 1n) === 1n;
}

/** Why eBPF tests cannot run here, or false. `binaries` are the servers that a test starts. */
export function skipReason(...binaries: readonly string[]): string | false {
  if (process.platform !== 'linux') return 'needs Linux';
  if (!isRoot()) return 'needs root (CAP_SYS_ADMIN)';
  if (!existsSync('/sys/kernel/btf/vmlinux')) return 'this kernel has no BTF';
  if (!existsSync(new URL('../out/tcp.bpf.o', import.meta.url))) {
    return 'eBPF objects are not built: node build/bpf/build.mjs';
  }
  const missing = ['ip', ...binaries].find((name) => !BINARIES[name]?.some((path) => existsSync(path)));
  return missing ? `${missing} is not installed` : false;
}
