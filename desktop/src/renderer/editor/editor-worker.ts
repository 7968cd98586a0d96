/** Monaco's worker, bundled with us. */
import 'monaco-editor/editor/editor.worker.js';
