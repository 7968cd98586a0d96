declare module '*.css';
declare module '*?url' {
  const url: string;
  export default url;
}
declare module '*?worker' {
  const WorkerConstructor: new () => Worker;
  export default WorkerConstructor;
}
declare module 'monaco-editor/editor/browser/*';
declare module 'monaco-editor/editor/contrib/*';
interface Window {
  MonacoEnvironment?: { readonly getWorker: () => Worker };
}
