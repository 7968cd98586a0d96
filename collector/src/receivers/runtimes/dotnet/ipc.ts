/**
 * Messages of the .NET diagnostic server (dotnet/diagnostics, documentation/design-docs/ipc-protocol.md): a head of
 * 20 bytes and a payload; texts are a count of UTF-16 units with the final zero, then the units. Little-endian.
 */
const MAGIC = Buffer.from('DOTNET_IPC_V1\0', 'latin1');
export const IPC_HEAD = 20;

export const IPC = {
  collectTracing: [0x02, 0x02],
  processInfo2: [0x04, 0x04],
  ok: [0xff, 0x00],
} as const;

type Command = readonly [set: number, id: number];

export interface IpcMessage {
  readonly command: Command;
  readonly payload: Buffer;
  /** Bytes of the message. */
  readonly length: number;
}

export function ipcMessage([set, id]: Command, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(IPC_HEAD);
  MAGIC.copy(head);
  head.writeUInt16LE(IPC_HEAD + payload.length, 14);
  head.set([set, id], 16);
  return Buffer.concat([head, payload]);
}

/** undefined while it is not complete; a reason when it is none. */
export function parseIpcMessage(bytes: Buffer): IpcMessage | string | undefined {
  if (bytes.length < IPC_HEAD) return undefined;
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return 'no .NET diagnostic server';
  const length = bytes.readUInt16LE(14);
  if (length < IPC_HEAD) return 'a diagnostic message shorter than its head';
  if (bytes.length < length) return undefined;
  return { command: [bytes[16]!, bytes[17]!], payload: bytes.subarray(IPC_HEAD, length), length };
}

export function ipcText(text: string): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32LE(text.length + 1);
  return Buffer.concat([count, Buffer.from(`${text}\0`, 'utf16le')]);
}

/** Asks for a NetTrace stream of the counters of System.Runtime. */
export function collectCounters(intervalSeconds: number): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt32LE(1, 0); // MiB of buffer
  head.writeUInt32LE(1, 4); // NetTrace
  head.writeUInt32LE(1, 8); // providers
  const level = Buffer.alloc(12);
  level.writeBigUInt64LE(0xffff_ffffn);
  level.writeUInt32LE(4, 8); // informational
  const provider = [level, ipcText('System.Runtime'), ipcText(`EventCounterIntervalSec=${intervalSeconds}`)];
  return ipcMessage(IPC.collectTracing, Buffer.concat([head, ...provider]));
}

export interface DotnetProcess {
  readonly application: string;
  readonly version: string;
}

/** Payload of the answer to ProcessInfo2; undefined when it is cut. */
export function parseProcessInfo(payload: Buffer): DotnetProcess | undefined {
  const texts: string[] = [];
  let at = 8 + 16; // pid, cookie
  while (texts.length < 5 && at + 4 <= payload.length) {
    const bytes = payload.readUInt32LE(at) * 2;
    if (at + 4 + bytes > payload.length) return undefined;
    texts.push(payload.toString('utf16le', at + 4, at + 4 + bytes).replace(/\0$/, ''));
    at += 4 + bytes;
  }
  // command line, system, architecture, entry point, version of the runtime
  const [, , , application, version] = texts;
  return version === undefined ? undefined : { application: application ?? '', version };
}
