import { BRIDGE_NAME } from '../../contract/bridge.ts';
import { createHttpBridge } from './http-bridge.ts';

const token = new URLSearchParams(window.location.hash.slice(1)).get('token') ?? '';
Object.assign(window, { [BRIDGE_NAME]: createHttpBridge(token) });
window.history.replaceState(undefined, '', '#/');
void import('../../renderer/app/main.tsx');
