import { Search } from '@blueprintjs/icons';
import { navigate, useLink } from '../state/link.ts';
import { VIEWS } from './views.ts';

/** Views on number keys, down the left side. */
export function Rail() {
  const { view } = useLink();
  return (
    <nav className="rail" aria-label="Views">
      <div className="logo" title="Gumshoe">
        <Search size={20} />
      </div>
      {VIEWS.filter((entry) => entry.key).map(({ id, title, key, icon: Icon }) => (
        <button
          key={id}
          type="button"
          aria-current={view === id ? 'page' : undefined}
          title={`${title} (${key})`}
          data-testid={`nav-${id}`}
          onClick={() => navigate({ view: id, subject: undefined, params: {} })}
        >
          <Icon size={18} />
          {title}
        </button>
      ))}
    </nav>
  );
}
