import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface NodeRuntime {
  readonly executable: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The engine runs TypeScript sources and N-API 10 modules. */
const MINIMUM_MAJOR = 24;

/** Node for the engine process: the one shipped or pinned beside the application, else Electron's own where new enough. */
export function resolveNode(appPath: string, resourcesPath: string): NodeRuntime | undefined {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const candidates = [join(resourcesPath, 'node', name)];
  for (let folder = appPath; folder !== dirname(folder); folder = dirname(folder))
    candidates.push(join(folder, 'node_modules', 'node', 'bin', name));
  const executable = candidates.find((path) => existsSync(path));
  if (executable) return { executable, env: {} };
  const own = Number(process.versions.node.split('.')[0]);
  if (own < MINIMUM_MAJOR) return undefined;
  return { executable: process.execPath, env: { ELECTRON_RUN_AS_NODE: '1' } };
}
