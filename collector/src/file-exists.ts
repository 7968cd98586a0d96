import { statSync } from 'node:fs';

/**
 * Whether something is there, for this process as it is. access(2), which existsSync asks, answers for the real user,
 * whose capabilities it leaves out: below folders of root it would miss what CAP_DAC_READ_SEARCH lets us read.
 */
export function fileExists(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false; // a folder on the way is none, or may not be searched
  }
}
