import { connect, type Socket } from 'node:net';
import type { Emit } from '../runtime.ts';
import { DotnetCounters } from './counters.ts';
import {
  collectCounters,
  IPC,
  ipcMessage,
  parseIpcMessage,
  parseProcessInfo,
  type DotnetProcess,
} from './ipc.ts';
import { NettraceParser } from './nettrace.ts';

const TIMEOUT = 2000;
const MAX_ANSWER = 65_536;
const INTERVAL_SECONDS = 5;

/** A stream of counters from one process. Ends with the process, or when it is closed. */
export class DotnetSession {
  readonly #process: DotnetProcess;
  readonly #counters = new DotnetCounters();
  readonly #socket: Socket;
  readonly #parser = new NettraceParser((shape, values) => this.#counters.onEvent(shape, values));
  #reason = '';

  constructor(socket: Socket, first: Buffer, process: DotnetProcess) {
    this.#socket = socket;
    this.#process = process;
    this.#take(first);
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    socket.on('close', () => (this.#reason ||= 'the runtime ended the session'));
  }

  /** @throws Error when the session has ended. */
  read(emit: Emit): void {
    if (this.#reason) throw new Error(this.#reason);
    this.#counters.emit(this.#process, emit);
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    this.#parser.push(bytes);
    if (!this.#parser.reason) return;
    this.#reason ||= this.#parser.reason;
    this.#socket.destroy();
  }
}

/** Opens a session over the process's diagnostic socket; the reason when it is refused. */
export async function openSession(path: string): Promise<DotnetSession | string> {
  const asked = await ask(path, ipcMessage(IPC.processInfo2));
  if (typeof asked === 'string') return asked;
  asked.socket.destroy();
  const process = parseProcessInfo(asked.payload);
  if (!process) return 'the runtime is older than .NET 6: it does not tell its entry point';
  const traced = await ask(path, collectCounters(INTERVAL_SECONDS));
  return typeof traced === 'string' ? traced : new DotnetSession(traced.socket, traced.rest, process);
}

interface Answer {
  readonly socket: Socket;
  readonly payload: Buffer;
  /** What came behind the answer. */
  readonly rest: Buffer;
}

/** One question over a connection of its own, which stays open. */
function ask(path: string, question: Buffer): Promise<Answer | string> {
  const { promise, resolve } = Promise.withResolvers<Answer | string>();
  const socket = connect(path);
  socket.unref();
  let got: Buffer = Buffer.alloc(0);
  const give = (answer: Answer | string): void => {
    clearTimeout(timer);
    socket.removeAllListeners('data');
    if (typeof answer === 'string') socket.destroy();
    resolve(answer);
  };
  const timer = setTimeout(() => give(`no answer within ${TIMEOUT} ms`), TIMEOUT);
  socket.on('error', (error) => give(error.message));
  socket.on('close', () => give('closed without an answer'));
  socket.on('data', (bytes: Buffer) => {
    got = Buffer.concat([got, bytes]);
    const message = parseIpcMessage(got);
    if (typeof message === 'string' || got.length > MAX_ANSWER) give(String(message ?? 'too long an answer'));
    else if (message?.command[1] === IPC.ok[1])
      give({ socket, payload: message.payload, rest: got.subarray(message.length) });
    else if (message)
      give(`the runtime refused: error 0x${message.payload.subarray(0, 4).reverse().toString('hex')}`);
  });
  socket.write(question);
  return promise;
}
