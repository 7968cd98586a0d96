/** Names of the receivers that `--disable` takes, in the order in which they start. */
export const RECEIVER_NAMES = [
  'nat',
  'ebpf',
  'tls',
  'profiles',
  'disk',
  'logs',
  'proc',
  'runtimes',
  'gpu',
  'cloud',
  'otlp',
] as const;

export type ReceiverName = (typeof RECEIVER_NAMES)[number];
