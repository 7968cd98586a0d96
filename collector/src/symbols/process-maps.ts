/** An executable mapping of a process: addresses start..end show the file from `offset` on. */
export interface Mapping {
  readonly start: number;
  readonly end: number;
  readonly offset: number;
  /** `fd:01:1234`: device and inode, the identity of the file; `00:00:0` for memory without one. */
  readonly identity: string;
  /** As in /proc/<pid>/maps: a path in the process's own root, `[vdso]`, or '' for anonymous memory. */
  readonly path: string;
}

const LINE = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) ([0-9a-f]+) ([0-9a-f]+:[0-9a-f]+) (\d+)\s*(.*)$/;
const MAX_MAPPINGS = 4096;
const DELETED = ' (deleted)';

/** Executable mappings of /proc/<pid>/maps, by address. */
export function parseMappings(text: string): readonly Mapping[] {
  const mappings: Mapping[] = [];
  for (const line of text.split('\n')) {
    const match = LINE.exec(line);
    if (!match || match[3]![2] !== 'x') continue;
    const path = match[7]!;
    mappings.push({
      start: Number.parseInt(match[1]!, 16),
      end: Number.parseInt(match[2]!, 16),
      offset: Number.parseInt(match[4]!, 16),
      identity: `${match[5]}:${match[6]}`,
      path: path.endsWith(DELETED) ? path.slice(0, -DELETED.length) : path,
    });
    if (mappings.length === MAX_MAPPINGS) break;
  }
  return mappings;
}

export function findMapping(mappings: readonly Mapping[], address: number): Mapping | undefined {
  let low = 0;
  let high = mappings.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (mappings[middle]!.end <= address) low = middle + 1;
    else high = middle;
  }
  const found = mappings[low];
  return found && address >= found.start ? found : undefined;
}
