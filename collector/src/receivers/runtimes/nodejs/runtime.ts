import { readlinkSync } from 'node:fs';
import { NODEJS_METRICS } from '@gumshoe/schema/metrics/nodejs';
import { KernelObject, u32, u64s, wordsOf } from '../kernel-object.ts';
import type { RuntimeProcess } from '../process.ts';
import type { Attachment, Refusal, Runtime } from '../runtime.ts';

const PROGRAM = /^node(js)?\d*$/;
const NS = 1e9;
/** The kernel fills in the loop at its first wait. */
const UNKNOWN = 0xffff_ffff;
/** ns without a wait after which the loop's descriptor is looked at. */
const SUSPICIOUS = 30 * NS;

/** Node.js: time between the waits of its event loop. */
export class NodejsRuntime implements Runtime {
  readonly name = 'nodejs';
  readonly cost = 'a map lookup for each epoll wait of the machine while a Node.js process lives';
  readonly #kernel = new KernelObject('runtimes_nodejs');

  get reason(): string {
    return this.#kernel.reason;
  }

  attach(process: RuntimeProcess): Attachment | Refusal | undefined {
    if (!PROGRAM.test(process.program) && !process.maps.includes('/libnode.so')) return undefined;
    return this.#watch(process);
  }

  #watch({ pid: tgid, folder }: RuntimeProcess): Attachment | Refusal {
    const object = this.#kernel.acquire();
    if (typeof object === 'string') return { reason: object };
    object.update('nodejs_busy', u32(tgid), u64s(0, 0));
    object.update('nodejs_loops', u32(tgid), u32(UNKNOWN));
    let last = 0;
    return {
      read(emit) {
        const busy = object.lookup('nodejs_busy', u32(tgid));
        if (!busy) return;
        const [total = 0, since = 0] = wordsOf(busy);
        // A loop that never comes back shows at once, not when it does.
        const running = since > 0 ? Math.max(Number(globalThis.process.hrtime.bigint()) - since, 0) : 0;
        if (running > SUSPICIOUS && !isLoop(folder, object.lookup('nodejs_loops', u32(tgid)))) {
          // Learnt from a short-lived loop within the main one.
          object.update('nodejs_loops', u32(tgid), u32(UNKNOWN));
          object.update('nodejs_busy', u32(tgid), u64s(total, 0));
          return;
        }
        last = Math.max(last, total + running);
        emit(NODEJS_METRICS.eventLoopBlocked, last / NS);
      },
      close: () => {
        object.delete('nodejs_loops', u32(tgid));
        object.delete('nodejs_busy', u32(tgid));
        this.#kernel.release();
      },
    };
  }
}

function isLoop(folder: string, descriptor: Uint8Array | undefined): boolean {
  const fd = descriptor && new Uint32Array(descriptor.slice().buffer)[0];
  return fd === UNKNOWN || linkOf(`${folder}/fd/${fd}`) === 'anon_inode:[eventpoll]';
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
