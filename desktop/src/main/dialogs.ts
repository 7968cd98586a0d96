import { dialog, type BrowserWindow, type FileFilter } from 'electron';
import type { FilePurpose } from '../contract/bridge.ts';

const SNAPSHOT: FileFilter = { name: 'Gumshoe snapshot', extensions: ['gumshoe'] };
const ANY: FileFilter = { name: 'All files', extensions: ['*'] };

interface Question {
  readonly title: string;
  readonly filters: readonly FileFilter[];
  readonly save?: true;
}

const QUESTIONS: Readonly<Record<FilePurpose, Question>> = {
  'open-snapshot': { title: 'Open snapshot', filters: [SNAPSHOT, ANY] },
  'save-snapshot': { title: 'Export snapshot', filters: [SNAPSHOT], save: true },
  'ssh-key': { title: 'Private key', filters: [ANY] },
  'known-hosts': { title: 'Known hosts', filters: [ANY] },
  certificate: { title: 'Certificate (PEM)', filters: [ANY] },
  'certificate-key': { title: 'Key of the certificate (PEM)', filters: [ANY] },
};

export const isFilePurpose = (value: unknown): value is FilePurpose =>
  typeof value === 'string' && Object.hasOwn(QUESTIONS, value);

export async function chooseFile(
  window: BrowserWindow,
  purpose: FilePurpose,
  suggestedName: string | undefined,
): Promise<string | undefined> {
  const { title, filters, save } = QUESTIONS[purpose];
  const options = { title, filters: [...filters], ...(suggestedName ? { defaultPath: suggestedName } : {}) };
  if (save) {
    const { canceled, filePath } = await dialog.showSaveDialog(window, options);
    return canceled || filePath === '' ? undefined : filePath;
  }
  const { canceled, filePaths } = await dialog.showOpenDialog(window, {
    ...options,
    properties: ['openFile'],
  });
  return canceled ? undefined : filePaths[0];
}
