import { Dialog, DialogBody } from '@blueprintjs/core';
import { Fragment } from 'react';
import { shortcutsOpen } from '../state/shared-ui.ts';
import { useStore } from '../state/store.ts';
import { VIEWS } from './views.ts';

interface Shortcut {
  readonly keys: readonly string[];
  readonly does: string;
}

const GENERAL: readonly Shortcut[] = [
  { keys: ['Ctrl K'], does: 'Go to a view, an application, a command' },
  { keys: ['R'], does: 'Refresh' },
  { keys: ['Esc'], does: 'Close what is open above the view' },
  { keys: ['?'], does: 'These shortcuts' },
  { keys: ['Tab', 'Shift Tab'], does: 'To the next or previous control; on the map from node to node' },
];

const LISTS: readonly Shortcut[] = [
  { keys: ['↑', '↓', 'Home', 'End', 'Page Up', 'Page Down'], does: 'Move in a list' },
  { keys: ['Enter'], does: 'Open what is selected, or the node on the map' },
  { keys: ['Ctrl Enter'], does: 'Run the query in Explore' },
  { keys: ['Ctrl O'], does: 'Open a snapshot' },
  { keys: ['Ctrl S'], does: 'Export a snapshot' },
  { keys: ['Ctrl N'], does: 'Connections' },
];

const viewShortcuts = (): readonly Shortcut[] =>
  VIEWS.flatMap(({ key, title }) => (key === undefined ? [] : [{ keys: [key], does: title }]));

/** Every key that does something, in one place. */
export function ShortcutsDialog() {
  const open = useStore(shortcutsOpen);
  return (
    <Dialog
      isOpen={open}
      onClose={() => shortcutsOpen.set(false)}
      title="Keyboard shortcuts"
      style={{ width: 640 }}
    >
      <DialogBody>
        <div className="shortcuts" data-testid="shortcuts">
          {[...GENERAL, ...viewShortcuts(), ...LISTS].map(({ keys, does }) => (
            <Fragment key={does}>
              <span className="row">
                {keys.map((key) => (
                  <kbd key={key} className="key">
                    {key}
                  </kbd>
                ))}
              </span>
              <span>{does}</span>
            </Fragment>
          ))}
        </div>
      </DialogBody>
    </Dialog>
  );
}
