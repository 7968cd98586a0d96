import type { LaunchOptions, WorkbenchBridge } from '../../contract/bridge.ts';
import { FrameSplitter } from '../../contract/framing.ts';

/** The bridge of the harness: frames over HTTP to the server that this page came from. */
export function createHttpBridge(token: string): WorkbenchBridge {
  const headers = { 'x-token': token, 'x-session': crypto.randomUUID() };
  const listeners = new Set<(frame: Uint8Array) => void>();
  const opened = openFrames(headers, (frame) => listeners.forEach((listener) => listener(frame)));
  // One after the other, as they were sent.
  let sending: Promise<unknown> = opened;
  return {
    postFrame: (frame) => {
      const body = new Uint8Array(frame);
      sending = sending.then(() => fetch('/call/frame', { method: 'POST', headers, body }));
    },
    onFrame: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onEngineState: (listener) => {
      void opened.then(() => listener({ state: 'running' }));
      return () => {};
    },
    restartEngine: async () => {},
    storeSecret: async (value) =>
      (await fetch('/call/secret', { method: 'POST', headers, body: value })).text(),
    chooseFile: async (_purpose, suggested) => window.prompt('Path of the file', suggested) ?? undefined,
    onCommand: () => () => {},
    launch: async () =>
      (await (await fetch('/call/launch', { method: 'POST', headers })).json()) as LaunchOptions,
  };
}

async function openFrames(headers: HeadersInit, deliver: (frame: Uint8Array) => void): Promise<void> {
  const response = await fetch('/call/frames', { method: 'POST', headers });
  if (!response.ok || !response.body) throw new Error(`the harness answered ${response.status}`);
  void pump(response.body.getReader(), deliver);
}

async function pump(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  deliver: (frame: Uint8Array) => void,
): Promise<void> {
  const splitter = new FrameSplitter();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    for (const frame of splitter.push(value)) deliver(frame.payload);
  }
}
