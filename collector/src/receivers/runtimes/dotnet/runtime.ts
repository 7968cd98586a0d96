import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { readBounded, type RuntimeProcess } from '../process.ts';
import type { Attachment, Refusal, Runtime } from '../runtime.ts';
import { openSession } from './session.ts';

const MAPPED = /\/libcoreclr\.so|\/libclrjit\.so|\/memfd:doublemapper/;
/** Flags, type and state of a stream socket that accepts connections, in /proc/net/unix. */
const LISTENING = '00010000 0001 01';
const MAX_SOCKETS = 4 << 20;
const MAX_DESCRIPTORS = 65_536;

/** .NET 6 and later: counters of System.Runtime, over the runtime's own diagnostic socket. */
export class DotnetRuntime implements Runtime {
  readonly name = 'dotnet';
  readonly cost = 'an event stream of 20 counters every 5 s from each process';
  readonly #recognises: (process: RuntimeProcess) => boolean;

  constructor(recognises = (process: RuntimeProcess): boolean => MAPPED.test(process.maps)) {
    this.#recognises = recognises;
  }

  async attach(process: RuntimeProcess): Promise<Attachment | Refusal | undefined> {
    // The launcher maps the runtime a moment later.
    if (!this.#recognises(process))
      return process.program === 'dotnet' ? { reason: 'no runtime in the process yet' } : undefined;
    const path = diagnosticSocket(process);
    if (path === undefined)
      return { reason: 'no diagnostic socket: DOTNET_EnableDiagnostics=0, or not up yet' };
    const session = await openSession(path);
    return typeof session === 'string' ? { reason: session } : session;
  }
}

/**
 * The socket as this process sees it. Only one that the process itself holds, by its inode: a path of that name
 * alone could lead us to somebody else's.
 */
function diagnosticSocket(process: RuntimeProcess): string | undefined {
  const name = new RegExp(
    `${LISTENING} +(\\d+) (/\\S*/dotnet-diagnostic-${process.innerPid}-\\d+-socket)$`,
    'gm',
  );
  const sockets = readBounded(`${process.folder}/net/unix`, MAX_SOCKETS).toString('latin1');
  const candidates = new Map(
    [...sockets.matchAll(name)].map(([, inode, path]) => [`socket:[${inode}]`, path!]),
  );
  if (candidates.size === 0) return undefined;
  for (const fd of readdirSync(`${process.folder}/fd`).slice(0, MAX_DESCRIPTORS)) {
    const path = candidates.get(linkOf(`${process.folder}/fd/${fd}`));
    const seen = path && `${process.folder}/root${path}`;
    if (seen && lstatSync(seen).isSocket() && lstatSync(dirname(seen)).isDirectory()) return seen;
  }
  return undefined;
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
