import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

const SEGMENT = /^(\d{10})\.wal$/;
const HEADER = 8;

/**
 * Append-only log of records in numbered segments. A record is its length and CRC-32 (four bytes each, little
 * endian), then the payload. An appended record survives the end of the process at once, and of the machine
 * after the next sync.
 */
export class WriteAheadLog {
  private readonly directory: string;
  private segment: number;
  private file: number;
  private offset = 0;
  private dirty = false;
  private syncing = false;

  /** Always starts a new segment: the last one may end in half a record. */
  constructor(directory: string) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.directory = directory;
    this.segment = (segmentsOf(directory).at(-1) ?? 0) + 1;
    this.file = this.open();
  }

  private open(): number {
    this.offset = 0;
    return openSync(join(this.directory, segmentName(this.segment)), 'wx', 0o600);
  }

  /** Bytes of the current segment. */
  get bytes(): number {
    return this.offset;
  }

  /** Throws when the disk refuses; nothing of the record stays then. */
  append(payload: Uint8Array): void {
    const record = Buffer.allocUnsafe(HEADER + payload.length);
    record.writeUInt32LE(payload.length, 0);
    record.writeUInt32LE(crc32(payload), 4);
    record.set(payload, HEADER);
    let written = 0;
    try {
      while (written < record.length) {
        written += writeSync(this.file, record, written, record.length - written, this.offset + written);
      }
    } catch (error) {
      if (written > 0) ftruncateSync(this.file, this.offset);
      throw error;
    }
    this.offset += record.length;
    this.dirty = true;
  }

  /** Brings appended records to the disk in the background; at most one sync at a time. */
  sync(onError: (error: Error) => void): void {
    if (!this.dirty || this.syncing) return;
    this.dirty = false;
    this.syncing = true;
    const file = this.file;
    fdatasync(file, (error) => {
      this.syncing = false;
      if (error !== null && file === this.file) onError(error);
    });
  }

  /** Continues in a new segment and returns its number; older ones can be removed when they are not needed. */
  rotate(): number {
    fdatasyncSync(this.file);
    closeSync(this.file);
    this.segment++;
    this.file = this.open();
    return this.segment;
  }

  removeBefore(segment: number): void {
    for (const number of segmentsOf(this.directory)) {
      if (number < segment) rmSync(join(this.directory, segmentName(number)));
    }
  }

  close(): void {
    fdatasyncSync(this.file);
    closeSync(this.file);
  }
}

export interface Replay {
  readonly records: number;
  /** Bytes at the end of segments that are not whole records. */
  readonly lostBytes: number;
}

/** Hands over every whole record in order; each segment begins a new numbering of series. */
export function replayLog(
  directory: string,
  segmentStart: () => void,
  record: (payload: Buffer) => void,
): Replay {
  let records = 0;
  let lostBytes = 0;
  for (const number of segmentsOf(directory)) {
    segmentStart();
    const content = readFileSync(join(directory, segmentName(number)));
    let at = 0;
    while (at + HEADER <= content.length) {
      const end = at + HEADER + content.readUInt32LE(at);
      if (end > content.length) break;
      const payload = content.subarray(at + HEADER, end);
      if (crc32(payload) !== content.readUInt32LE(at + 4)) break;
      record(payload);
      records++;
      at = end;
    }
    lostBytes += content.length - at;
  }
  return { records, lostBytes };
}

const segmentName = (number: number): string => `${String(number).padStart(10, '0')}.wal`;

function segmentsOf(directory: string): readonly number[] {
  let names: readonly string[];
  try {
    names = readdirSync(directory);
  } catch {
    return [];
  }
  return names
    .map((name) => SEGMENT.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
}
