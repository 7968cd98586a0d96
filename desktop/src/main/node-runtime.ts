import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface NodeRuntime {
  readonly executable: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The engine runs TypeScript sources and N-API 10 modules. */
const MINIMUM_MAJOR = 24;

/** Node for the engine process: Electron's own where new enough, else the one pinned through npm. */
export function resolveNode(appPath: string, resourcesPath: string): NodeRuntime | undefined {
  if (Number(process.versions.node.split('.')[0]) >= MINIMUM_MAJOR)
    return { executable: process.execPath, env: { ELECTRON_RUN_AS_NODE: '1' } };
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const shipped = join(resourcesPath, 'node', name);
  const candidates = [shipped];
  for (let folder = appPath; folder !== dirname(folder); folder = dirname(folder))
    candidates.push(join(folder, 'node_modules', 'node', 'bin', name));
  const executable = candidates.find((path) => existsSync(path));
  return executable ? { executable, env: {} } : undefined;
}
