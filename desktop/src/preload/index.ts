import { contextBridge, ipcRenderer, type IpcRendererEvent } from 'electron';
import {
  BRIDGE_NAME,
  IPC,
  type EngineState,
  type LaunchOptions,
  type MenuCommand,
  type WorkbenchBridge,
} from '../contract/bridge.ts';

/** Subscribes to a channel without handing Electron's event to the page. */
function listen<T>(channel: string, listener: (value: T) => void): () => void {
  const receive = (_event: IpcRendererEvent, value: T): void => listener(value);
  ipcRenderer.on(channel, receive);
  return () => ipcRenderer.removeListener(channel, receive);
}

const bridge: WorkbenchBridge = {
  postFrame: (frame) => ipcRenderer.send(IPC.frameToEngine, frame),
  onFrame: (listener) => listen(IPC.frameToPage, listener),
  onEngineState: (listener) => {
    void ipcRenderer.invoke(IPC.engineStateNow).then((state: EngineState) => listener(state));
    return listen(IPC.engineState, listener);
  },
  restartEngine: () => ipcRenderer.invoke(IPC.restartEngine) as Promise<void>,
  storeSecret: (value) => ipcRenderer.invoke(IPC.storeSecret, value) as Promise<string>,
  chooseFile: (purpose, name) =>
    ipcRenderer.invoke(IPC.chooseFile, purpose, name) as Promise<string | undefined>,
  onCommand: (listener) => listen<MenuCommand>(IPC.command, listener),
  launch: () => ipcRenderer.invoke(IPC.launch) as Promise<LaunchOptions>,
};

contextBridge.exposeInMainWorld(BRIDGE_NAME, bridge);
