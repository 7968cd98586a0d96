import { FailureError, type Failure } from '@gumshoe/base/failure';
import type { EngineState, WorkbenchBridge } from '../../contract/bridge.ts';
import { decodeValue, encodeValue } from '../../contract/codec.ts';
import type { CallOptions, WorkbenchApi, WorkbenchCalls, WorkbenchMethod } from '../../contract/ipc.ts';
import { isMessage, type Message } from '../../contract/message.ts';

type Pipe = Pick<WorkbenchBridge, 'postFrame' | 'onFrame' | 'onEngineState'>;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: FailureError) => void;
  readonly progress: (value: unknown) => void;
}

const cancelled = (method: string): Failure => ({
  code: 'cancelled',
  tried: `call ${method}`,
  target: 'engine process',
  reason: 'it was cancelled',
});

/** Calls the engine process through the bridge. Calls that wait when it ends are rejected, not lost. */
export class WorkbenchClient implements WorkbenchApi {
  private readonly waiting = new Map<number, Waiting>();
  private readonly pipe: Pipe;
  private last = 0;
  private stopped: string | undefined;

  constructor(pipe: Pipe) {
    this.pipe = pipe;
    pipe.onFrame((frame) => {
      const message = decodeValue(frame);
      if (isMessage(message)) this.receive(message);
    });
    pipe.onEngineState((state) => this.engineChanged(state));
  }

  call<M extends WorkbenchMethod>(
    method: M,
    args: WorkbenchCalls[M]['args'],
    options: CallOptions<M> = {},
  ): Promise<WorkbenchCalls[M]['result']> {
    const { signal, onProgress } = options;
    if (signal?.aborted) return Promise.reject(new FailureError(cancelled(method)));
    if (this.stopped !== undefined) return Promise.reject(new FailureError(this.engineGone(method)));
    const id = ++this.last;
    return new Promise((resolve, reject) => {
      const cancel = (): void => {
        this.waiting.delete(id);
        this.post({ type: 'cancel', id });
        reject(new FailureError(cancelled(method)));
      };
      const settle = (): void => {
        this.waiting.delete(id);
        signal?.removeEventListener('abort', cancel);
      };
      this.waiting.set(id, {
        resolve: (value) => {
          settle();
          resolve(value as WorkbenchCalls[M]['result']);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
        progress: (value) => onProgress?.(value as WorkbenchCalls[M]['progress']),
      });
      signal?.addEventListener('abort', cancel, { once: true });
      this.post({ type: 'request', id, method, args });
    });
  }

  private post(message: Message): void {
    this.pipe.postFrame(encodeValue(message));
  }

  private receive(message: Message): void {
    const call = this.waiting.get(message.id);
    if (!call) return;
    if (message.type === 'result') call.resolve(message.value);
    if (message.type === 'failure') call.reject(new FailureError(message.failure));
    if (message.type === 'progress') call.progress(message.value);
  }

  private engineChanged(state: EngineState): void {
    // The whole story is in the banner; a call needs its first line.
    this.stopped = state.state === 'stopped' ? state.reason.split('\n')[0]! : undefined;
    if (state.state !== 'stopped') return;
    for (const call of this.waiting.values()) call.reject(new FailureError(this.engineGone('the engine')));
    this.waiting.clear();
  }

  private engineGone(method: string): Failure {
    return {
      code: 'internal',
      tried: `call ${method}`,
      target: 'engine process',
      reason: `the engine process ${this.stopped ?? 'ended'}`,
      remedy: 'It is started again by itself; if it keeps ending, use Restart engine.',
    };
  }
}
