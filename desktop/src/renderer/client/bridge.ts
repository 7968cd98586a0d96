import { BRIDGE_NAME, type WorkbenchBridge } from '../../contract/bridge.ts';

/** The bridge that the preload script (or the harness) left on the window. */
export function findBridge(): WorkbenchBridge {
  const bridge = (window as unknown as Record<string, WorkbenchBridge | undefined>)[BRIDGE_NAME];
  if (!bridge) throw new Error('this page must be opened by Gumshoe');
  return bridge;
}
