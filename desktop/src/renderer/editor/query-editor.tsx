import { useEffect, useRef } from 'react';
import { useThemeName } from '../theme/theme.ts';
import type { SqlLanguage } from './languages.ts';
import type { loadMonaco } from './monaco.ts';

type Editor = ReturnType<ReturnType<typeof loadMonaco>['editor']['create']>;

export interface QueryEditorProps {
  readonly language: 'promql' | SqlLanguage;
  readonly value: string;
  readonly onChange: (text: string) => void;
  /** Ctrl or Cmd and Enter. */
  readonly onRun: () => void;
}

/** Monaco, loaded when it is first shown. */
export function QueryEditor({ language, value, onChange, onRun }: QueryEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor>(undefined);
  const theme = useThemeName() === 'dark' ? 'gumshoe-dark' : 'gumshoe-light';
  const latest = useRef({ value, onChange, onRun, theme });
  latest.current = { value, onChange, onRun, theme };
  useEffect(() => {
    let gone = false;
    void import('./monaco.ts').then(({ loadMonaco }) => {
      if (!gone) editor.current = createEditor(loadMonaco(), host.current!, language, latest);
    });
    return () => {
      gone = true;
      editor.current?.getModel()?.dispose();
      editor.current?.dispose();
      editor.current = undefined;
    };
  }, [language]);
  useEffect(() => {
    if (editor.current && editor.current.getValue() !== value) editor.current.setValue(value);
  }, [value]);
  useEffect(() => editor.current?.updateOptions({ theme }), [theme]);
  return <div ref={host} className="editor-box" data-testid="query-editor" data-language={language} />;
}

interface Latest {
  readonly current: Omit<QueryEditorProps, 'language'> & { readonly theme: string };
}

function createEditor(
  monaco: ReturnType<typeof loadMonaco>,
  host: HTMLElement,
  language: string,
  latest: Latest,
): Editor {
  const editor = monaco.editor.create(host, {
    value: latest.current.value,
    language,
    theme: latest.current.theme,
    automaticLayout: true,
    minimap: { enabled: false },
    fontSize: 13,
    lineNumbersMinChars: 3,
    scrollBeyondLastLine: false,
    wordWrap: 'on',
    renderLineHighlight: 'none',
    overviewRulerLanes: 0,
    padding: { top: 8 },
    fixedOverflowWidgets: true,
    ariaLabel: 'Query',
    // Tab leads on to the next control, as everywhere else.
    tabFocusMode: true,
  });
  editor.onDidChangeModelContent(() => {
    const text = editor.getValue();
    // A value that came from outside is no change by the user.
    if (text !== latest.current.value) latest.current.onChange(text);
  });
  editor.addCommand(monaco.KeyMod.CtrlCmd | monaco.KeyCode.Enter, () => latest.current.onRun());
  return editor;
}
