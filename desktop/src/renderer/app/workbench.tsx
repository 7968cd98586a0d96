import { createContext, useContext } from 'react';
import type { WorkbenchBridge } from '../../contract/bridge.ts';
import type { WorkbenchApi } from '../../contract/ipc.ts';

/** What the shell of the page works with, open connection or not. */
export interface Workbench {
  readonly bridge: WorkbenchBridge;
  readonly api: WorkbenchApi;
}

export const WorkbenchContext = createContext<Workbench | undefined>(undefined);

export function useWorkbench(): Workbench {
  const workbench = useContext(WorkbenchContext);
  if (!workbench) throw new Error('outside of the workbench');
  return workbench;
}
