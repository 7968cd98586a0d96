/** Path of the Electron executable, or undefined when there is none yet. */
export function resolveElectron(root: string): string | undefined;
/** Makes sure resolveElectron answers; returns one line that says which runtime it is. */
export function prepareElectron(root: string, cache: string): Promise<string>;
