import { addressText } from './address.ts';
import { constants, layout } from './layout.generated.ts';

const HEADER = layout.gs_header.fields;
const PROCESS = layout.gs_process_event.fields;
const TUPLE = layout.gs_tuple.fields;
const TCP = layout.gs_tcp_event.fields;

export type ProcessChange = 'start' | 'exec' | 'exit' | 'oom-kill';

/** A process began, replaced its program, ended, or was killed for lack of memory. */
export interface ProcessEvent {
  readonly change: ProcessChange;
  /** CLOCK_MONOTONIC ns. */
  readonly time: bigint;
  readonly tgid: number;
  readonly parentTgid: number;
  /** cgroup v2 id; 0n when unknown. */
  readonly cgroupId: bigint;
  /** As in wait(2); of an exit only. */
  readonly exitCode: number;
  readonly comm: string;
}

const CHANGES: Readonly<Record<number, ProcessChange>> = {
  [constants.GS_EVENT_PROCESS_START]: 'start',
  [constants.GS_EVENT_PROCESS_EXEC]: 'exec',
  [constants.GS_EVENT_PROCESS_EXIT]: 'exit',
  [constants.GS_EVENT_OOM_KILL]: 'oom-kill',
};

function commAt(view: DataView, at: number): string {
  const bytes = Buffer.from(view.buffer, view.byteOffset + at, constants.GS_COMM_LENGTH);
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}

/** The record at `at`, which must be whole; undefined when it is not about a process. */
export function processEventAt(view: DataView, at: number): ProcessEvent | undefined {
  const change = CHANGES[view.getUint32(at + HEADER.type.offset, true)];
  if (!change) return undefined;
  return {
    change,
    time: view.getBigUint64(at + HEADER.time_ns.offset, true),
    tgid: view.getUint32(at + HEADER.tgid.offset, true),
    parentTgid: view.getUint32(at + PROCESS.parent_tgid.offset, true),
    cgroupId: view.getBigUint64(at + HEADER.cgroup_id.offset, true),
    exitCode: view.getInt32(at + PROCESS.exit_code.offset, true),
    comm: commAt(view, at + PROCESS.comm.offset),
  };
}

/** A listening socket opened or closed. */
export interface ListenEvent {
  readonly open: boolean;
  readonly tgid: number;
  readonly cgroupId: bigint;
  readonly netns: number;
  readonly address: string;
  readonly port: number;
}

/** The record at `at`, which must be whole; undefined when it is not about a listening socket. */
export function listenEventAt(view: DataView, at: number): ListenEvent | undefined {
  const type = view.getUint32(at + HEADER.type.offset, true);
  if (type !== constants.GS_EVENT_TCP_LISTEN && type !== constants.GS_EVENT_TCP_LISTEN_CLOSE)
    return undefined;
  const tuple = at + TCP.tuple.offset;
  return {
    open: type === constants.GS_EVENT_TCP_LISTEN,
    tgid: view.getUint32(at + HEADER.tgid.offset, true),
    cgroupId: view.getBigUint64(at + HEADER.cgroup_id.offset, true),
    netns: view.getUint32(tuple + TUPLE.netns.offset, true),
    address: addressText(view, tuple + TUPLE.local_address.offset),
    port: view.getUint16(tuple + TUPLE.local_port.offset, true),
  };
}
