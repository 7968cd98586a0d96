/** Programs that do the work of others, at hooks that not every kernel has. */
export interface ProgramPreference {
  readonly programs: readonly string[];
  /** Loaded in their place when the kernel refuses one of them. */
  readonly otherwise: readonly string[];
}

/**
 * Programs at tracepoints of the kernel's sockets, in place of those at single system calls: nothing is then put before the
 * other calls of every process. By object; bpf/programs/requests and bpf/programs/dns.
 */
export const SOCKET_HOOKS = {
  requests: [
    {
      programs: ['request_send', 'request_receive'],
      otherwise: [
        'request_write',
        'request_sendto',
        'request_writev',
        'request_sendmsg',
        'request_sendmmsg',
        'request_read',
        'request_recvfrom',
        'request_readv',
        'request_recvmsg',
      ],
    },
  ],
  dns: [
    {
      programs: ['dns_send', 'dns_receive'],
      otherwise: ['dns_sendto', 'dns_write', 'dns_sendmsg', 'dns_recvfrom', 'dns_recvmsg', 'dns_read'],
    },
  ],
} satisfies Readonly<Record<string, readonly ProgramPreference[]>>;

/** The same the other way round: as on a kernel without those tracepoints. */
export const withoutSocketHooks = (preferences: readonly ProgramPreference[]): readonly ProgramPreference[] =>
  preferences.map(({ programs, otherwise }) => ({ programs: otherwise, otherwise: programs }));
