import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useId, useRef, type KeyboardEvent, type ReactNode } from 'react';

export interface VirtualListProps<T> {
  readonly items: readonly T[];
  readonly rowHeight: number;
  readonly label: string;
  readonly keyOf: (item: T, index: number) => string;
  readonly render: (item: T, index: number, selected: boolean) => ReactNode;
  /** Index of the selected item, -1 for none. */
  readonly selected?: number;
  /** Without it nothing can be selected: a list to read, whose rows may hold links. */
  readonly onSelect?: (index: number) => void;
  /** Enter, or a double click. */
  readonly onOpen?: (index: number) => void;
  readonly header?: ReactNode;
  readonly testId?: string;
  readonly maxHeight?: number | string;
}

const PAGE = 10;

/** A list of any length: only the rows in sight are in the document; arrows, Home, End and Enter work. */
export function VirtualList<T>(props: VirtualListProps<T>) {
  const { items, rowHeight, selected = -1, onSelect, onOpen, label, header, maxHeight } = props;
  const id = useId();
  const scroll = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    initialRect: { width: 1000, height: 600 },
  });
  useEffect(() => {
    if (selected >= 0) rows.scrollToIndex(selected, { align: 'auto' });
  }, [rows, selected]);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!onSelect) return;
    const target = keyTarget(event.key, selected, items.length);
    if (event.key === 'Enter' && selected >= 0) (onOpen ?? onSelect)(selected);
    else if (target !== undefined) onSelect(target);
    else return;
    event.preventDefault();
  };
  return (
    <div
      ref={scroll}
      className="virtual"
      role={onSelect ? 'listbox' : 'list'}
      aria-label={label}
      aria-activedescendant={onSelect && selected >= 0 ? `${id}-${selected}` : undefined}
      tabIndex={0}
      data-testid={props.testId}
      onKeyDown={onKeyDown}
      style={{ height: '100%', ...(maxHeight === undefined ? {} : { maxHeight }) }}
    >
      {header}
      <div style={{ height: rows.getTotalSize(), position: 'relative' }}>
        {rows.getVirtualItems().map((row) => {
          const item = items[row.index]!;
          return (
            <div
              key={props.keyOf(item, row.index)}
              id={`${id}-${row.index}`}
              {...(onSelect
                ? { role: 'option', 'aria-selected': row.index === selected }
                : { role: 'listitem' })}
              aria-posinset={row.index + 1}
              aria-setsize={items.length}
              style={{ position: 'absolute', top: row.start, left: 0, right: 0, height: rowHeight }}
              onClick={() => onSelect?.(row.index)}
              onDoubleClick={() => onOpen?.(row.index)}
            >
              {props.render(item, row.index, row.index === selected)}
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** Where a key leads from the selected row; undefined for keys that do not move. */
export function keyTarget(key: string, selected: number, count: number): number | undefined {
  if (count === 0) return undefined;
  const last = count - 1;
  switch (key) {
    case 'ArrowDown':
      return Math.min(last, selected + 1);
    case 'ArrowUp':
      return Math.max(0, selected - 1);
    case 'PageDown':
      return Math.min(last, selected + PAGE);
    case 'PageUp':
      return Math.max(0, selected - PAGE);
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return undefined;
  }
}
