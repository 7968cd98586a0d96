import { Dialog, InputGroup } from '@blueprintjs/core';
import { Cube, Cog, Search } from '@blueprintjs/icons';
import { useState, type KeyboardEvent, type ReactElement } from 'react';
import type { Overview } from '../../contract/engine.ts';
import { useSession } from '../client/session.tsx';
import { navigate } from '../state/link.ts';
import { paletteOpen } from '../state/shared-ui.ts';
import { useStore } from '../state/store.ts';
import { openApplication } from '../widgets/application-name.tsx';
import { HealthBadge } from '../widgets/health-badge.tsx';
import { keyTarget } from '../widgets/virtual-list.tsx';
import { VIEWS } from './views.ts';

export interface PaletteItem {
  readonly id: string;
  readonly title: string;
  readonly note?: string;
  readonly icon: ReactElement;
  readonly run: () => void;
}

const SHOWN = 60;
/** Names the dialog, which shows no title. */
const TITLE = 'palette-title';

/** Items whose title holds all words, titles that start with the first word first. */
export function matchItems(items: readonly PaletteItem[], text: string): PaletteItem[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const hits = items.filter((item) => words.every((word) => item.title.toLowerCase().includes(word)));
  const starts = (item: PaletteItem): number =>
    words[0] !== undefined && item.title.toLowerCase().startsWith(words[0]) ? 0 : 1;
  return hits.sort((a, b) => starts(a) - starts(b)).slice(0, SHOWN);
}

export function CommandPalette({ commands }: { readonly commands: readonly PaletteItem[] }) {
  const open = useStore(paletteOpen);
  return open ? <OpenPalette commands={commands} /> : null;
}

function OpenPalette({ commands }: { readonly commands: readonly PaletteItem[] }) {
  const [text, setText] = useState('');
  const [selected, setSelected] = useState(0);
  const { queries, connection } = useSession();
  const overview = queries.peek(`${connection.id} overview`) as Overview | undefined;
  const items = matchItems([...viewItems(), ...applicationItems(overview), ...commands], text);
  const run = (item: PaletteItem | undefined): void => {
    paletteOpen.set(false);
    item?.run();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') return run(items[selected]);
    const target = keyTarget(event.key, selected, items.length);
    if (target === undefined || event.key === 'Home' || event.key === 'End') return;
    event.preventDefault();
    setSelected(target);
  };
  return (
    <Dialog isOpen onClose={() => paletteOpen.set(false)} className="palette" aria-labelledby={TITLE}>
      <span id={TITLE} className="sr-only">
        Go to
      </span>
      <InputGroup
        autoFocus
        size="large"
        leftIcon={<Search className="bp6-icon" />}
        placeholder="Go to a view, an application, a command"
        aria-label="Go to"
        value={text}
        onValueChange={(value) => {
          setText(value);
          setSelected(0);
        }}
        onKeyDown={onKeyDown}
        data-testid="palette"
      />
      <div className="palette-list" role="listbox" aria-label="Matches">
        {items.map((item, index) => (
          <div
            key={item.id}
            className="palette-item"
            role="option"
            aria-selected={index === selected}
            onMouseEnter={() => setSelected(index)}
            onClick={() => run(item)}
          >
            {item.icon}
            <span className="grow ellipsis">{item.title}</span>
            <span className="muted small">{item.note}</span>
          </div>
        ))}
        {items.length === 0 ? <div className="palette-item muted">Nothing matches</div> : null}
      </div>
    </Dialog>
  );
}

function viewItems(): PaletteItem[] {
  return VIEWS.filter((view) => view.key).map(({ id, title, key, icon: Icon }) => ({
    id: `view ${id}`,
    title,
    note: `view, key ${key}`,
    icon: <Icon size={16} />,
    run: () => navigate({ view: id, subject: undefined, params: {} }),
  }));
}

function applicationItems(overview: Overview | undefined): PaletteItem[] {
  return (overview?.applications ?? []).map((row) => ({
    id: row.id,
    title: row.name,
    note: row.type ?? row.kind,
    icon: row.health === 'ok' ? <Cube size={16} /> : <HealthBadge health={row.health} compact />,
    run: () => openApplication(row.id),
  }));
}

export const commandIcon = <Cog size={16} />;
