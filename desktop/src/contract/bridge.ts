import type { ConnectionSpec } from '@gumshoe/engine/ports';

/** What the shell gives the page: a pipe to the engine and the few things only a shell can do. */
export interface WorkbenchBridge {
  /** Sends one encoded message to the engine process. */
  postFrame(frame: Uint8Array): void;
  onFrame(listener: (frame: Uint8Array) => void): () => void;
  onEngineState(listener: (state: EngineState) => void): () => void;
  restartEngine(): Promise<void>;
  /** Puts a secret into the system's key store; answers with the reference that connections keep. */
  storeSecret(value: string): Promise<string>;
  /** Asks for a file with the system's dialog; undefined when the user cancels. */
  chooseFile(purpose: FilePurpose, suggestedName?: string): Promise<string | undefined>;
  onCommand(listener: (command: MenuCommand) => void): () => void;
  /** How the application was started. */
  launch(): Promise<LaunchOptions>;
}

export type FilePurpose =
  'open-snapshot' | 'save-snapshot' | 'ssh-key' | 'known-hosts' | 'certificate' | 'certificate-key';
export type MenuCommand =
  'open-snapshot' | 'export-snapshot' | 'connections' | 'palette' | 'refresh' | 'shortcuts';

export type EngineState =
  | { readonly state: 'starting' }
  | { readonly state: 'running' }
  /** `reason` ends with the engine's last words, where it had any. */
  | { readonly state: 'stopped'; readonly reason: string; readonly restarts: number };

export interface LaunchOptions {
  readonly connection?: { readonly name: string; readonly spec: ConnectionSpec };
  /** View to show first: `overview`, `map`, `application:<id>`, `traces`, `rca`, `explore` … */
  readonly view?: string;
  /** Mistakes in the arguments, one line each. */
  readonly problems: readonly string[];
}

/** Channels of Electron's IPC; the shell checks the sender on every one. */
export const IPC = {
  frameToEngine: 'gumshoe:frame-to-engine',
  frameToPage: 'gumshoe:frame-to-page',
  engineState: 'gumshoe:engine-state',
  engineStateNow: 'gumshoe:engine-state-now',
  restartEngine: 'gumshoe:restart-engine',
  storeSecret: 'gumshoe:store-secret',
  chooseFile: 'gumshoe:choose-file',
  command: 'gumshoe:command',
  launch: 'gumshoe:launch',
} as const;

/** Name under which the preload script exposes the bridge. */
export const BRIDGE_NAME = 'gumshoe';
