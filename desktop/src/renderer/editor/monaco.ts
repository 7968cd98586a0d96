/** The one door to Monaco: the editor's core and two small languages, its worker bundled with us. */
import 'monaco-editor/editor/browser/coreCommands.js';
import 'monaco-editor/editor/contrib/bracketMatching/browser/bracketMatching.js';
import 'monaco-editor/editor/contrib/comment/browser/comment.js';
import 'monaco-editor/editor/contrib/find/browser/findController.js';
import 'monaco-editor/editor/contrib/suggest/browser/suggestController.js';
import 'monaco-editor/editor/contrib/wordOperations/browser/wordOperations.js';
import * as monaco from 'monaco-editor/editor/editor.api.js';
import {
  METRIC_COMPLETIONS,
  PROMQL_FUNCTIONS,
  PROMQL_KEYWORDS,
  SQL_KEYWORDS,
  SQL_NAMES,
  type SqlLanguage,
} from './languages.ts';

self.MonacoEnvironment = {
  getWorker: () => new Worker(new URL('./editor-worker.ts', import.meta.url), { type: 'module' }),
};

let registered = false;

/** Registers the languages once. */
export function loadMonaco(): typeof monaco {
  if (registered) return monaco;
  registered = true;
  defineThemes();
  registerPromql();
  registerSql('clickhouse');
  registerSql('snapshot-sql');
  return monaco;
}

/** Monaco's own themes on our surfaces. */
function defineThemes(): void {
  const define = (name: string, base: 'vs' | 'vs-dark', background: string): void =>
    monaco.editor.defineTheme(name, {
      base,
      inherit: true,
      rules: [],
      colors: { 'editor.background': background, 'editorGutter.background': background },
    });
  define('gumshoe-dark', 'vs-dark', '#1a1e24');
  define('gumshoe-light', 'vs', '#ffffff');
}

function registerPromql(): void {
  monaco.languages.register({ id: 'promql' });
  monaco.languages.setLanguageConfiguration('promql', {
    comments: { lineComment: '#' },
    brackets: [
      ['{', '}'],
      ['[', ']'],
      ['(', ')'],
    ],
    autoClosingPairs: ['{}', '[]', '()', '""'].map((pair) => ({ open: pair[0]!, close: pair[1]! })),
  });
  monaco.languages.setMonarchTokensProvider('promql', {
    functions: [...PROMQL_FUNCTIONS],
    keywords: [...PROMQL_KEYWORDS],
    tokenizer: {
      root: [
        [/#.*$/, 'comment'],
        [/"([^"\\]|\\.)*"|'([^'\\]|\\.)*'/, 'string'],
        [/\[[0-9a-z:]+\]/, 'number'],
        [/\d+(\.\d+)?(e[+-]?\d+)?(ms|s|m|h|d|w|y)?/, 'number'],
        [
          /[a-zA-Z_:][\w:]*/,
          { cases: { '@keywords': 'keyword', '@functions': 'type', '@default': 'identifier' } },
        ],
        [/[=!]~|!=|==|>=|<=|[-+*/%^<>=]/, 'operator'],
      ],
    },
  });
  complete('promql', [
    ...PROMQL_FUNCTIONS.map((name) => ({ name, kind: monaco.languages.CompletionItemKind.Function })),
    ...METRIC_COMPLETIONS.map((name) => ({ name, kind: monaco.languages.CompletionItemKind.Variable })),
  ]);
}

function registerSql(id: SqlLanguage): void {
  monaco.languages.register({ id });
  monaco.languages.setLanguageConfiguration(id, {
    comments: { lineComment: '--', blockComment: ['/*', '*/'] },
    brackets: [
      ['(', ')'],
      ['[', ']'],
    ],
    autoClosingPairs: ['()', '[]', "''"].map((pair) => ({ open: pair[0]!, close: pair[1]! })),
  });
  monaco.languages.setMonarchTokensProvider(id, {
    ignoreCase: true,
    keywords: [...SQL_KEYWORDS],
    tokenizer: {
      root: [
        [/--.*$/, 'comment'],
        [/\/\*.*?\*\//, 'comment'],
        [/'([^'\\]|\\.)*'/, 'string'],
        [/\d+(\.\d+)?/, 'number'],
        [/[a-z_]\w*/, { cases: { '@keywords': 'keyword', '@default': 'identifier' } }],
        [/[-+*/%<>=!]+/, 'operator'],
      ],
    },
  });
  complete(id, [
    ...SQL_KEYWORDS.map((name) => ({ name, kind: monaco.languages.CompletionItemKind.Keyword })),
    ...SQL_NAMES[id].map((name) => ({ name, kind: monaco.languages.CompletionItemKind.Field })),
  ]);
}

interface Completion {
  readonly name: string;
  readonly kind: monaco.languages.CompletionItemKind;
}

function complete(language: string, completions: readonly Completion[]): void {
  monaco.languages.registerCompletionItemProvider(language, {
    provideCompletionItems: (model, position) => {
      const word = model.getWordUntilPosition(position);
      const range = {
        startLineNumber: position.lineNumber,
        endLineNumber: position.lineNumber,
        startColumn: word.startColumn,
        endColumn: word.endColumn,
      };
      return {
        suggestions: completions.map(({ name, kind }) => ({ label: name, insertText: name, kind, range })),
      };
    },
  });
}
