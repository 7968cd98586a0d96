import 'normalize.css';
import '@blueprintjs/core/lib/css/blueprint.css';
import '../theme/tokens.css';
import '../theme/base.css';
import '../theme/shell.css';
import '../theme/widgets.css';
import '../theme/views.css';
import { createRoot } from 'react-dom/client';
import { findBridge } from '../client/bridge.ts';
import { App } from './app.tsx';

createRoot(document.getElementById('root')!).render(<App bridge={findBridge()} />);
