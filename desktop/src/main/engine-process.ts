import { spawn, type ChildProcess } from 'node:child_process';
import type { Duplex } from 'node:stream';
import type { EngineState } from '../contract/bridge.ts';
import { decodeValue, encodeValue } from '../contract/codec.ts';
import { CHANNEL, FrameSplitter, writeFrame, type Frame } from '../contract/framing.ts';
import type { NodeRuntime } from './node-runtime.ts';

export interface EngineProcessOptions {
  readonly runtime: NodeRuntime;
  readonly entry: string;
  readonly userData: string;
  readonly readSecret: (reference: string) => string | undefined;
  readonly onFrame: (payload: Uint8Array) => void;
  readonly onState: (state: EngineState) => void;
}

/** Words kept of the engine's stderr, to say why it stopped. */
const LAST_WORDS = 2_000;
const STOP_GRACE_MS = 3_000;
const SHELL_FD = 3;
/** An engine that keeps failing is left alone after this many starts within the window. */
const MAX_STARTS = 3;
const START_WINDOW_MS = 60_000;

/** Starts the engine process, passes frames, and starts it again when it ends by itself. */
export class EngineProcess {
  private readonly options: EngineProcessOptions;
  private child: ChildProcess | undefined;
  private pipe: Duplex | undefined;
  private starts: number[] = [];
  private restarts = 0;
  private current: EngineState = { state: 'starting' };
  private closing = false;

  constructor(options: EngineProcessOptions) {
    this.options = options;
  }

  get state(): EngineState {
    return this.current;
  }

  start(): void {
    if (this.child) return;
    this.starts.push(Date.now());
    this.report({ state: 'starting' });
    const { runtime, entry, userData } = this.options;
    const child = spawn(runtime.executable, [entry, '--user-data', userData], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...runtime.env },
    });
    this.child = child;
    let words = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      process.stderr.write(chunk);
      words = (words + chunk.toString('utf8')).slice(-LAST_WORDS);
    });
    child.on('error', (error) => this.ended(child, error.message));
    child.on('close', (code, signal) => this.ended(child, describeExit(code, signal, words)));
    const pipe = child.stdio[SHELL_FD] as Duplex | undefined;
    this.pipe = pipe;
    const splitter = new FrameSplitter();
    pipe?.on('error', () => {});
    pipe?.on('data', (chunk: Buffer) => {
      try {
        for (const frame of splitter.push(chunk)) this.receive(frame);
      } catch (error) {
        words += `\n${String(error)}`;
        child.kill();
      }
    });
  }

  /** Passes one frame on; without an engine it is dropped, and the page knows that from the state. */
  post(payload: Uint8Array): void {
    if (this.pipe?.writable) this.pipe.write(writeFrame(CHANNEL.renderer, payload));
  }

  /** On the user's request: a clean slate, whatever was before. */
  async restart(): Promise<void> {
    this.starts = [];
    await this.end();
    this.closing = false;
    this.start();
  }

  async end(): Promise<void> {
    this.closing = true;
    const child = this.child;
    if (!child) return;
    await new Promise<void>((resolve) => {
      const kill = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
      // not 'exit': until its pipes are closed too it is still ours, and a second call would wait for an exit that was
      child.once('close', () => {
        clearTimeout(kill);
        resolve();
      });
      child.kill('SIGTERM');
    });
  }

  private receive(frame: Frame): void {
    if (frame.channel === CHANNEL.renderer) return this.options.onFrame(frame.payload);
    const message = decodeValue(frame.payload) as { type: string; id?: number; reference?: string };
    if (message.type === 'ready') this.report({ state: 'running' });
    if (message.type === 'secret' && typeof message.reference === 'string') {
      const value = this.options.readSecret(message.reference);
      this.pipe?.write(writeFrame(CHANNEL.shell, encodeValue({ id: message.id, value })));
    }
  }

  private ended(child: ChildProcess, reason: string): void {
    if (this.child !== child) return;
    this.child = undefined;
    this.pipe = undefined;
    if (this.closing) return;
    this.restarts++;
    this.report({ state: 'stopped', reason, restarts: this.restarts });
    const since = Date.now() - START_WINDOW_MS;
    this.starts = this.starts.filter((at) => at > since);
    if (this.starts.length < MAX_STARTS) setTimeout(() => this.start(), 500 * this.starts.length);
  }

  private report(state: EngineState): void {
    this.current = state;
    this.options.onState(state);
  }
}

function describeExit(code: number | null, signal: string | null, words: string): string {
  const how = signal ? `ended by ${signal}` : `ended with exit code ${code ?? 'unknown'}`;
  const last = words.trim();
  return last === '' ? how : `${how}: ${last}`;
}
