import { CLOUD } from './cloud/definition.ts';
import type { ReceiverDefinition } from './define.ts';
import { DISK } from './disk/definition.ts';
import { EBPF } from './ebpf/definition.ts';
import { GPU } from './gpu/definition.ts';
import { LOGS } from './logs/definition.ts';
import type { ReceiverName } from './names.ts';
import { NAT } from './nat/definition.ts';
import { OTLP } from './otlp/definition.ts';
import { PROC } from './proc/definition.ts';
import { RUNTIMES } from './runtimes/definition.ts';
import { PROFILES } from './profiles/definition.ts';
import { TLS } from './tls/definition.ts';

/** One line a receiver; its name stands in names.ts as well, and that order is the order of their start. */
export const RECEIVERS: Readonly<Record<ReceiverName, ReceiverDefinition>> = {
  nat: NAT,
  ebpf: EBPF,
  tls: TLS,
  profiles: PROFILES,
  disk: DISK,
  logs: LOGS,
  proc: PROC,
  runtimes: RUNTIMES,
  gpu: GPU,
  cloud: CLOUD,
  otlp: OTLP,
};
